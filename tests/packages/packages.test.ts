import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBroker } from '@q/broker';
import { connect } from '@q/client';
import { BrokerProcess } from '@q/testkit';
import { runCommand } from './command.ts';
import { EmptyProject, folderOf, packAll, publicPackages, supportedNodes } from './empty-project.ts';
import type { PackedPackage } from './empty-project.ts';

// Building, packing and installing take most of the time, and are done once for all tests of this file.
const prepareTimeoutMs = 600_000;
const runTimeoutMs = 120_000;

let project: EmptyProject;
let packed: readonly PackedPackage[];

beforeAll(async () => {
  project = await EmptyProject.create();
  await project.prepare();
  packed = await packAll(project.tarballs);
  await project.install(packed.map(({ tarball }) => tarball));
}, prepareTimeoutMs);

afterAll(async () => {
  await project[Symbol.asyncDispose]();
}, runTimeoutMs);

function packedFrom(folder: string): PackedPackage {
  return packed.find((candidate) => candidate.folder === folder)!;
}

describe('tarballs', () => {
  it.each(publicPackages)(
    '%s carries what was built, its README and its licence, and nothing of the workshop',
    (folder) => {
      const { files } = packedFrom(folder);
      expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE']));
      expect(files).toContain(folder.startsWith('apps/') ? 'dist/main.js' : 'dist/index.js');
      if (folder.startsWith('packages/')) expect(files).toContain('dist/index.d.ts');
      // One file, and chunks beside it: modules of their own would be loaded one by one.
      expect(files.filter((file) => /^dist\/.+\/.+\.js$/.test(file))).toEqual([]);
      const foreign = /^(src|test|scripts|examples|node_modules)\/|\.tsbuildinfo$|(?<!\.d)\.ts$|^tsconfig|^\./;
      expect(files.filter((file) => foreign.test(file))).toEqual([]);
    },
  );

  it.each(publicPackages)('%s is published with plain versions and no way to its sources', async (folder) => {
    const manifest = await readFile(
      join(project.directory, 'node_modules', packedFrom(folder).name, 'package.json'),
      'utf8',
    );
    expect(manifest).not.toMatch(/workspace:|catalog:|@q\/source|\/src\//);
  });

  it('brings no second copy of our packages', async () => {
    const names = await readdir(join(project.directory, 'node_modules/@q'));
    expect(names.toSorted()).toEqual(packed.map(({ name }) => name.replace('@q/', '')).toSorted());
    for (const name of names) {
      const inside = await readdir(join(project.directory, 'node_modules/@q', name));
      expect(inside).not.toContain('node_modules');
    }
  });

  it(
    'type-checks a program against the published declarations, and the declarations themselves',
    async () => {
      expect(await project.typeCheck('embedded.ts')).toBe('');
    },
    runTimeoutMs,
  );
});

describe.each(supportedNodes())('an empty project on $name', ({ program }) => {
  it(
    'imports every package by its name only',
    async () => {
      const output = await project.runProgram('every-package.ts', program);
      const refused = 'ERR_PACKAGE_PATH_NOT_EXPORTED';
      expect(output.trim().split('\n')).toEqual(
        ['protocol', 'storage', 'coordinator', 'broker', 'client', 'kafka-gateway', 'admin', 'security', 'cluster'].map(
          (name) => `@q/${name}: true ${refused} ${refused}`,
        ),
      );
    },
    runTimeoutMs,
  );

  it(
    'B3 P3 produces and consumes with an embedded broker and each codec',
    async () => {
      const output = await project.runProgram('embedded.ts', program);
      const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
      expect(output.trim().split('\n')).toEqual([
        ...codecs.map((codec, offset) => `sent ${codec} to 0 at ${offset}`),
        ...codecs.map((codec, offset) => `got ${codec} at ${offset}`),
        'done',
      ]);
    },
    runTimeoutMs,
  );

  it(
    'runs the broker and the command line',
    async () => {
      const dataDir = join(project.directory, `data-${process.hrtime.bigint()}`);
      const main = join(project.directory, 'node_modules/@q/broker-app/dist/main.js');
      await using broker = await BrokerProcess.start({ main, node: program, args: ['--data-dir', dataDir] });
      const q = (...args: string[]): Promise<string> =>
        runCommand(project.command('q'), args, {
          cwd: project.directory,
          path: [folderOf(program)],
          env: { Q_URL: broker.url },
        });
      expect(broker.kafkaAddress).toMatch(/^127\.0\.0\.1:\d+$/);
      await q('topic', 'create', 'orders', '--partitions', '2');
      expect(JSON.parse(await q('topic', 'list', '--json'))).toMatchObject([{ name: 'orders' }]);
      expect(await broker.stop()).toEqual({ code: 0, signal: null });
    },
    runTimeoutMs,
  );
});

describe('the command line', () => {
  const main = (): string => join(project.directory, 'node_modules/@q/cli/dist/main.js');

  /** Processor time of the fastest of a few runs, milliseconds: others use the machine too. */
  async function processorMs(args: string): Promise<number> {
    const script = `TIMEFORMAT='%U %S'; for run in 1 2 3 4 5 6; do time '${process.execPath}' '${main()}' ${args} >/dev/null 2>&1; done`;
    const told = await runCommand('bash', ['-c', `{ ${script}; } 2>&1`], { cwd: project.directory });
    const runs = told
      .trim()
      .split('\n')
      .map((line) => line.split(' ').reduce((sum, seconds) => sum + Number(seconds) * 1000, 0));
    expect(runs).toHaveLength(6);
    return Math.min(...runs);
  }

  it(
    'O2 answers help, and what may stand at a cursor, within 100 ms',
    async () => {
      await using broker = await startBroker({ storage: 'memory', port: 0, admin: false });
      const took = {
        help: await processorMs('--help'),
        words: await processorMs('__complete -- topic de'),
        names: await processorMs(`__complete -- --url ${broker.url} topic describe ""`),
      };
      for (const [what, ms] of Object.entries(took)) expect(ms, `${what} of ${JSON.stringify(took)}`).toBeLessThan(100);
    },
    runTimeoutMs,
  );
});

describe('an application without the addons', () => {
  let lean: EmptyProject;

  beforeAll(async () => {
    lean = await EmptyProject.create();
    await lean.prepare();
    const names = ['@q/protocol', '@q/client'];
    await lean.install(
      packed.filter(({ name }) => names.includes(name)).map(({ tarball }) => tarball),
      { withoutOptional: true },
    );
  }, prepareTimeoutMs);

  afterAll(async () => {
    await lean[Symbol.asyncDispose]();
  }, runTimeoutMs);

  it('has none of them', async () => {
    expect(await readdir(join(lean.directory, 'node_modules'))).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/snappy|lz4|@node-rs/)]),
    );
    expect(await readdir(join(lean.directory, 'node_modules/@q'))).toEqual(['client', 'protocol']);
  });

  it.each(supportedNodes())(
    'sends and reads with none, gzip and zstd on $name, and is told what to install for snappy and lz4',
    async ({ program }) => {
      await using broker = await startBroker({ storage: 'memory', port: 0, admin: false });
      await using q = await connect(broker.url);
      for (const compression of ['none', 'gzip', 'zstd', 'snappy', 'lz4'] as const) {
        await q.admin.createTopic(compression, { partitions: 1 });
        await using producer = q.producer({ compression });
        await producer.send(compression, { value: compression.repeat(100) });
      }
      const output = await lean.runProgram('without-addons.ts', program, broker.url);
      const missing = (where: string, codec: string, name: string): string =>
        `${where} ${codec}: UNSUPPORTED_CODEC false run "npm install ${name}"`;
      expect(output.trim().split('\n')).toEqual([
        ...['none', 'gzip', 'zstd'].flatMap((codec) => [`sent ${codec}`, `got ${codec}`]),
        ...[
          ['snappy', 'snappy'],
          ['lz4', 'lz4-napi'],
        ].flatMap(([codec, name]) => [missing('producer', codec!, name!), missing('consumer', codec!, name!)]),
      ]);
    },
    runTimeoutMs,
  );
});
