import { Argument } from 'commander';
import type { Command } from 'commander';
import { completionScripts, shells } from '../completion/scripts.ts';
import type { Shell } from '../completion/scripts.ts';
import { addExamples } from '../examples.ts';
import { ExitCode } from '../exit-code.ts';
import type { ProgramHost } from '../program-host.ts';

/** `q completion`: what a shell has to run. */
export function addCompletionCommand(program: Command, host: ProgramHost): void {
  const completion = program
    .command('completion')
    .description('write what a shell needs to complete commands, options, and the names of topics and groups')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .action((shell: Shell) =>
      host.run(async () => {
        host.context.stdout.write(completionScripts[shell]);
        return ExitCode.ok;
      }),
    );
  addExamples(completion, [
    ['eval "$(q completion bash)"', 'in ~/.bashrc; zsh in ~/.zshrc alike'],
    ['q completion fish > ~/.config/fish/completions/q.fish'],
  ]);
}
