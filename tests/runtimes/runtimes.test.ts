/**
 * What the READMEs show, run by Bun and by Deno from the packages as they are published: a client, a broker in the same
 * process, `q-broker`, `q`.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BrokerProcess } from '@q/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../packages/command.ts';
import { EmptyProject, packAll } from '../packages/empty-project.ts';
import { otherRuntimes } from './runtimes.ts';

const prepareTimeoutMs = 600_000;
const runTimeoutMs = 120_000;
const programTimeoutMs = 30_000;
const repository = new URL('../../', import.meta.url);
const programs = [
  'packages/client/examples/first-message.ts',
  'packages/broker/examples/in-a-test.ts',
  'tests/runtimes/fixtures/against-broker.ts',
];

let project: EmptyProject;

beforeAll(async () => {
  project = await EmptyProject.create();
  await project.prepare();
  await project.install((await packAll(project.tarballs)).map(({ tarball }) => tarball));
  for (const path of programs)
    await copyFile(fileURLToPath(new URL(path, repository)), join(project.directory, path.split('/').at(-1)!));
}, prepareTimeoutMs);

afterAll(async () => {
  await project[Symbol.asyncDispose]();
}, runTimeoutMs);

describe.each(otherRuntimes())('$name', ({ name, program, flags }) => {
  /** Within less time than the test has, so that a program that hangs is named. */
  const run = (file: string, ...args: string[]): Promise<string> =>
    runCommand(program, [...flags, file, ...args], {
      cwd: project.directory,
      env: { NO_COLOR: '1' },
      timeoutMs: programTimeoutMs,
    });
  const q = (url: string, ...args: string[]): Promise<string> =>
    run('node_modules/@q/cli/dist/main.js', '--url', url, ...args);

  function startBroker(dataDir: string): Promise<BrokerProcess> {
    const main = join(project.directory, 'node_modules/@q/broker-app/dist/main.js');
    return BrokerProcess.start({ main, node: program, nodeFlags: flags, args: ['--data-dir', dataDir] });
  }

  it(
    'B3 runs a broker in the same process, with each codec',
    async () => {
      expect(await run('in-a-test.ts')).toBe('stored at offset 0\n');
      const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
      const sent = codecs.map((codec, offset) => `sent ${codec} to 0 at ${offset}`);
      const got = codecs.map((codec, offset) => `got ${codec} at ${offset}`);
      expect((await run('embedded.ts')).trim().split('\n')).toEqual([...sent, ...got, 'done']);
    },
    runTimeoutMs,
  );

  it(
    'runs q-broker, which keeps what it has acknowledged over a stop and over a kill',
    async () => {
      const dataDir = join(project.directory, `data-${name}`);
      await using first = await startBroker(dataDir);
      expect(await run('against-broker.ts', first.url)).toBe('stored 500\nread 500\nhandled 500, lag 0\n');
      expect(await first.stop()).toEqual({ code: 0, signal: null });
      await using second = await startBroker(dataDir);
      expect(JSON.parse(await q(second.url, 'topic', 'list', '--json'))).toMatchObject([
        { name: 'orders', messages: 500 },
      ]);
      await q(second.url, 'topic', 'create', 'late');
      await runCommand(
        'sh',
        [
          '-c',
          `echo hello | "$0" "$@"`,
          program,
          ...flags,
          'node_modules/@q/cli/dist/main.js',
          '--url',
          second.url,
          'produce',
          'late',
        ],
        {
          cwd: project.directory,
          timeoutMs: programTimeoutMs,
        },
      );
      await second.kill();
      await using third = await startBroker(dataDir);
      expect(await q(third.url, 'consume', 'late', '-o', 'start', '-e', '-f', '%p %o %v\\n')).toBe('0 0 hello\n');
      expect(JSON.parse(await q(third.url, 'topic', 'list', '--json'))).toMatchObject([
        { name: 'late', messages: 1 },
        { name: 'orders', messages: 500 },
      ]);
      expect(JSON.parse(await q(third.url, 'group', 'describe', 'billing', '--json'))).toMatchObject({
        lag: 0,
        partitions: [{}, {}, {}],
      });
      await expect(startBroker(dataDir)).rejects.toThrow('another broker');
      expect(await third.stop()).toEqual({ code: 0, signal: null });
    },
    runTimeoutMs,
  );

  it(
    "runs the README's first program against it",
    async () => {
      await using broker = await startBroker(join(project.directory, `first-${name}`));
      expect((await run('first-message.ts', broker.url)).split('\n')).toEqual([
        expect.stringMatching(/^stored at [0-2]\/0 \(fsync\)$/),
        'customer-7 ordered two lamps',
        '',
      ]);
    },
    runTimeoutMs,
  );
});
