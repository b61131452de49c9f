import type { Command } from 'commander';

/** A command line that can be copied, and, where the line does not say it, what it does. */
export type Example = readonly [call: string, does?: string];

/** What stands on a line of a terminal that is as narrow as most. */
const lineMax = 79;

/** Every command has two or more: who reads help looks at them first. A test parses each line of all commands. */
export function addExamples(command: Command, examples: readonly [Example, Example, ...(readonly Example[])]): Command {
  known.set(command, examples);
  return command.addHelpText('after', `\nExamples:\n${formatExamples(examples)}`);
}

export function examplesOf(command: Command): readonly Example[] {
  return known.get(command) ?? [];
}

/** A command that only has others below it shows some of theirs, unless it has its own. */
export function addExamplesOfChildren(program: Command): void {
  for (const noun of program.commands) {
    if (noun.commands.length === 0 || known.has(noun)) continue;
    const ofChildren = noun.commands.map((child) => examplesOf(child));
    const [one, other, ...more] = [
      ...ofChildren.flatMap((each) => each.slice(0, 1)),
      ...ofChildren.flatMap((each) => each.slice(1)),
    ];
    if (one !== undefined && other !== undefined) addExamples(noun, [one, other, ...more.slice(0, 2)]);
  }
}

const known = new WeakMap<Command, readonly Example[]>();

/** What a line does stands beside it; below it, where the lines are too long for that. */
function formatExamples(examples: readonly Example[]): string {
  const width = Math.max(...examples.map(([call]) => call.length));
  const besides = examples.map(([call, does]) =>
    does === undefined ? `  ${call}` : `  ${call.padEnd(width)}   ${does}`,
  );
  if (besides.every((line) => line.length <= lineMax)) return besides.join('\n');
  return examples.map(([call, does]) => (does === undefined ? `  ${call}` : `  ${call}\n      ${does}`)).join('\n');
}
