import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../q-program.ts';

/** The real shells, where they are: `.ci/run` installs zsh and fish. */
function has(shell: string): boolean {
  const found = spawnSync(shell, ['--version']).status === 0;
  if (!found) process.stderr.write(`without ${shell} its completion is not tried\n`);
  return found;
}

let broker: Broker;
let folder: string;

beforeAll(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  await using q = await connect(broker.url);
  await q.admin.createTopic('orders');
  await q.admin.createTopic('payments');
  await q.admin.resetGroupOffsets("ann's group", { orders: { 0: 0 } });
  folder = mkdtempSync(join(tmpdir(), 'q-shells-'));
  const program = join(folder, 'q');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' --conditions=@q/source '${main}' "$@"\n`);
  chmodSync(program, 0o755);
  writeFileSync(join(folder, 'only-one-file.txt'), '');
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await broker.close();
});

/** Names come only where the broker answers in time, so it may be asked again. */
const patience = { timeout: 30_000, interval: 10 };
/** A shell that waits for what never comes, because a key came before it was ready for keys, is tried again. */
const shellMsMax = 5_000;
const testMsMax = 90_000;

/** What a script of the shell says, each time that it is asked. */
function said(shell: string, ...args: readonly string[]): () => Promise<string> {
  return async () => {
    const PATH = `${folder}${delimiter}${process.env['PATH'] ?? ''}`;
    // Nothing else of whoever runs the tests: what a package manager sets has kept zsh from completing.
    const env = { PATH, Q_URL: broker.url, HOME: folder, TERM: 'dumb', NODE_OPTIONS: process.env['NODE_OPTIONS'] };
    const { stdout } = await promisify(execFile)(shell, args, { cwd: folder, env, timeout: shellMsMax });
    return stdout;
  };
}

describe.runIf(has('bash'))('in bash', () => {
  /** Calls the function as bash does: the words are cut at `=` and `:` too. */
  const script = (line: string, words: string): string => `
    eval "$(q completion bash)"
    COMP_LINE='${line}' COMP_POINT=\${#COMP_LINE} COMP_WORDS=(${words}) COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    _q_complete q
    printf '[%s]' "\${COMPREPLY[@]}"`;
  const completed = (line: string, words: string): (() => Promise<string>) =>
    said('bash', '--norc', '-c', script(line, words));

  it('O2 completes commands, options and names', { timeout: testMsMax }, async () => {
    await expect.poll(completed('q pro', 'q pro'), patience).toBe('[produce][profile]');
    await expect
      .poll(completed('q produce x -z ', "q produce x -z ''"), patience)
      .toBe('[none][gzip][snappy][lz4][zstd]');
    await expect.poll(completed('q topic describe ', "q topic describe ''"), patience).toBe('[orders][payments]');
    await expect
      .poll(completed('q group seek x --topic=pa', 'q group seek x --topic = pa'), patience)
      .toBe('[payments]');
  });

  it('O2 completes for an alias, as a clone has it', async () => {
    const alias = `alias s='${join(folder, 'q')}'\n${script('s pro', 's pro').replace('_q_complete q', '_q_complete s')}`;
    await expect.poll(said('bash', '--norc', '-c', alias), patience).toBe('[produce][profile]');
  });

  it('O2 quotes what a shell would take apart', async () => {
    await expect.poll(completed('q group describe a', 'q group describe a'), patience).toBe("[ann\\'s\\ group]");
  });
});

describe.runIf(has('fish'))('in fish', () => {
  const completed = (line: string): (() => Promise<string>) =>
    said('fish', '--no-config', '-c', `q completion fish | source; complete -C '${line}'`);

  it('O2 completes commands, options, names and files', { timeout: testMsMax }, async () => {
    await expect
      .poll(completed('q group wat'), patience)
      .toBe('watch\tfollow the lag of a group with its trend, until Ctrl-C\n');
    await expect.poll(completed('q produce x -z z'), patience).toBe('zstd\n');
    await expect.poll(completed('q topic describe '), patience).toBe('orders\t1 partition\npayments\t1 partition\n');
    await expect.poll(completed('q group seek x --topic=pa'), patience).toBe('--topic=payments\t1 partition\n');
    await expect.poll(completed('q produce orders -f only-'), patience).toBe('only-one-file.txt\n');
  });
});

describe.runIf(has('zsh'))('in zsh', () => {
  /** Types into a shell of its own: the text, a Tab, and what has the shell print the line as it is then. */
  const script = (typed: string): string => `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell $'PROMPT=; unset zle_bracketed_paste; eval "$(q completion zsh)"; print -r -- REA""DY'
    while zpty -r shell said; do [[ $said == *READY* ]] && break; done
    zpty -w -n shell ${JSON.stringify(typed)}$'\\t'
    zpty -w shell $'\\x01print -r -- "RES""ULT[\\x05]"'
    while zpty -r shell said; do [[ $said == *RESULT* ]] && break; done
    print -rn -- "\${\${said#*RESULT\\[}%%\\]*}"`;
  const completed = (typed: string): (() => Promise<string>) => said('zsh', '-f', '-c', script(typed));

  it('O2 completes commands, options, names and files', { timeout: testMsMax }, async () => {
    await expect.poll(completed('q group wat'), patience).toBe('q group watch');
    await expect.poll(completed('q produce x -z zs'), patience).toBe('q produce x -z zstd');
    await expect.poll(completed('q topic describe or'), patience).toBe('q topic describe orders');
    await expect.poll(completed('q group seek x --topic=pa'), patience).toBe('q group seek x --topic=payments');
    await expect.poll(completed('q produce orders -f only-'), patience).toBe('q produce orders -f only-one-file.txt');
  });
});
