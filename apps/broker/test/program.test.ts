import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrokerProgram } from './broker-program.ts';

let folder: string;
/** Free ports, and data where the test can look at it. */
let args: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'q-broker-'));
  args = ['--port', '0', '--admin-port', '0', '--kafka-port', '0', '--data-dir', join(folder, 'data')];
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('q-broker', () => {
  it('B2 says where it listens, where the data is and what an ack is worth, serves, and stops cleanly', async () => {
    await using broker = new BrokerProgram({ args });
    const ready = await broker.ready();
    expect(ready).toMatchObject({
      dataDir: join(folder, 'data'),
      acknowledgement: expect.stringContaining('power cut') as string,
    });
    expect(ready.url).toMatch(/^q:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect(ready.kafkaAddress).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    expect(ready.next[0]).toBe(`pnpm --silent q topic create visits --partitions 3 --if-missing --url ${ready.url}`);
    expect((await fetch(`${ready.adminUrl}/healthz`)).status).toBe(200);
    expect((await fetch(`${ready.adminUrl}/readyz`)).status).toBe(200);

    broker.signal('SIGTERM');
    expect(await broker.exited).toBe(0);
    expect(broker.stdout).toContain('"msg":"stopped cleanly"');
    expect(broker.stderr).toBe('');
  });

  it('B2 greets in words and stops at Ctrl-C', async () => {
    await using broker = new BrokerProgram({ args: [...args, '--log-format', 'text', '--storage', 'memory'] });
    await broker.says(
      /q broker \S+ is ready[\s\S]*q:\/\/127\.0\.0\.1:\d+[\s\S]*memory[\s\S]*gone when the broker stops[\s\S]*topic create visits --partitions 3 --if-missing[\s\S]*Ctrl-C/,
    );
    broker.signal('SIGINT');
    expect(await broker.exited).toBe(0);
    expect(broker.stdout).toMatch(/stopped cleanly process\.stopped\s*$/);
    await expect(access(join(folder, 'data'))).rejects.toThrow('ENOENT');
  });

  it('Q3 takes its settings from flags, variables and a file', async () => {
    await writeFile(join(folder, 'q.yaml'), 'storage: memory\ndurability: os\nlogFormat: text\n');
    await using broker = new BrokerProgram({
      args: ['--config', join(folder, 'q.yaml'), '--storage', 'file'],
      env: {
        Q_PORT: '0',
        Q_ADMIN_PORT: 'off',
        Q_KAFKA_PORT: 'off',
        Q_DATA_DIR: join(folder, 'elsewhere'),
        Q_LOG_FORMAT: 'json',
      },
    });
    expect(await broker.ready()).toMatchObject({
      adminUrl: null,
      kafkaAddress: null,
      isKafkaPortTaken: false,
      dataDir: join(folder, 'elsewhere'),
      acknowledgement: expect.stringContaining('(durability os)') as string,
    });
  });

  it('Q3 refuses what is unknown or not allowed, all of it, before anything is opened', async () => {
    await using broker = new BrokerProgram({
      args: [...args, '--prot', '1', '--durability', 'always'],
      env: { Q_STORAGE: 'disk' },
    });
    expect(await broker.exited).toBe(2);
    expect(broker.stderr.split('\n')).toEqual([
      'q-broker: --prot is not a flag of q-broker; did you mean --port?',
      'q-broker: Q_STORAGE: "disk" is not allowed for storage; allowed: one of file, memory',
      'q-broker: --durability: "always" is not allowed for durability; allowed: one of fsync, interval, os',
      'q-broker: q-broker --help lists every setting',
      '',
    ]);
    await expect(access(join(folder, 'data'))).rejects.toThrow('ENOENT');
  });

  it('Q3 refuses a topic default that no topic could have', async () => {
    await using broker = new BrokerProgram({ args: [...args, '--topic-default', 'retention.ms=soon'] });
    expect(await broker.exited).toBe(2);
    expect(broker.stderr).toMatch(/^q-broker: --topic-default: .*soon.*retention\.ms.*\n/);
  });

  it('Q3 says in one line that a port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = (other.address() as AddressInfo).port;
    try {
      for (const flag of ['--port', '--admin-port', '--kafka-port']) {
        await using broker = new BrokerProgram({ args: [...args, flag, String(port)] });
        expect(await broker.exited).toBe(1);
        expect(broker.stderr).toBe(
          `q-broker: port ${port} on 127.0.0.1 is in use, perhaps by another broker; choose another with ${flag}\n`,
        );
      }
    } finally {
      other.close();
    }
  });

  it('Q3 says in one line that the data folder belongs to another broker', async () => {
    await using first = new BrokerProgram({ args });
    await first.ready();
    await using second = new BrokerProgram({ args });
    expect(await second.exited).toBe(1);
    const owner = `another broker, process ${first.pid} of host ${hostname()}`;
    expect(second.stderr).toBe(
      `q-broker: the data folder ${join(folder, 'data')} is in use by ${owner}; stop that one, or choose another with --data-dir\n`,
    );
  });

  it('Q3 says in one line that the data folder cannot be one', async () => {
    await writeFile(join(folder, 'data'), 'a file');
    await using broker = new BrokerProgram({ args });
    expect(await broker.exited).toBe(1);
    expect(broker.stderr).toMatch(
      /^q-broker: the data folder \S+ cannot be used: .*; choose another with --data-dir\n$/,
    );
  });

  it.runIf(process.platform === 'linux')(
    'Q3 says in one line that no folder can be made there, and does not try for ever',
    async () => {
      for (const dataDir of ['/proc/q-data', '/proc/q-data/deep/er', '/proc/1/q-data']) {
        await using broker = new BrokerProgram({ args: [...args, '--data-dir', dataDir] });
        expect(await broker.exited).toBe(1);
        expect(broker.stderr).toMatch(
          /^q-broker: the data folder \/proc\/\S+ cannot be used: .*; choose another with --data-dir\n$/,
        );
      }
    },
  );

  it('B6 a signal during a start that hangs ends it, at the first time of asking', async () => {
    const hang = 'import fs from "node:fs"; fs.mkdir = () => console.log("hangs"); fs.stat = fs.mkdir';
    await using broker = new BrokerProgram({
      args,
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hang)}` },
    });
    await broker.says(/hangs/);
    broker.signal('SIGTERM');
    expect(await broker.exited).toBe(143);
    expect(broker.stderr).toBe('q-broker: SIGTERM during the start; nothing was served\n');
  });

  it.runIf(process.platform === 'linux')(
    'B6 a second signal ends a start whose thread hangs in the disk, where an exit hangs too',
    async () => {
      // Node's own pool thread, in an open(2) that nobody answers, as on a network disk that has gone.
      const pipe = join(folder, 'pipe');
      spawnSync('mkfifo', [pipe]);
      const hang = `import fs from "node:fs"; const { open } = fs; fs.mkdir = () => { open(${JSON.stringify(pipe)}, "r", () => undefined); console.log("hangs"); }; fs.stat = () => undefined`;
      await using broker = new BrokerProgram({
        args,
        env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hang)}` },
      });
      await broker.says(/hangs/);
      broker.signal('SIGTERM');
      await broker.complains(/nothing was served/);
      broker.signal('SIGTERM');
      expect(await broker.exited).toBe(143);
    },
  );

  it
    .runIf(process.platform === 'linux')
    .each([
      '.lock',
      '.lock.held',
      'journal.0',
      'log-start-offset-checkpoint',
      'recovery-point-offset-checkpoint',
      '__metadata-0/partition.metadata',
    ])(
    'Q3 says in one line that %s is no file, and does not wait for who has the other end of a pipe',
    async (name) => {
      {
        await using first = new BrokerProgram({ args });
        await first.ready();
        first.signal('SIGTERM');
        expect(await first.exited).toBe(0);
      }
      const path = join(folder, 'data', name);
      await rm(path, { force: true });
      spawnSync('mkfifo', [path]);
      await using broker = new BrokerProgram({ args });
      expect(await broker.exited).toBe(1);
      expect(broker.stderr).toMatch(/^q-broker: .*\n$/);
      expect(broker.stderr).toContain(`'${path}'`);
    },
  );

  it('B6 a signal during a start that goes on is a clean stop', async () => {
    const early =
      'import fs from "node:fs"; const { mkdir } = fs; fs.mkdir = (...args) => { fs.mkdir = mkdir; process.kill(process.pid, "SIGTERM"); mkdir(...args); }';
    await using broker = new BrokerProgram({
      args,
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(early)}` },
    });
    expect(await broker.exited).toBe(0);
    expect(broker.stdout).toContain('"msg":"stopped cleanly"');
  });

  it.each(['text', 'json'])('B6 goes on without anybody who reads its %s log, and stops cleanly', async (format) => {
    {
      await using broker = new BrokerProgram({ args: [...args, '--log-format', format] });
      await broker.says(/is ready[\s\S]*(Ctrl-C|"msg":"ready")/);
      broker.hangUp();
      broker.signal('SIGTERM');
      expect(await broker.exited).toBe(0);
      expect(broker.stderr).toBe('');
    }
    await using again = new BrokerProgram({ args });
    await again.ready();
    expect(again.stdout).not.toContain('did not end cleanly');
  });

  it.each(['text', 'json'])('B6 starts without anybody who reads its %s log', async (format) => {
    await using broker = new BrokerProgram({ args: [...args, '--log-format', format, '--log-level', 'debug'] });
    broker.hangUp();
    await broker.makes(join(folder, 'data', '__metadata-0'));
    broker.signal('SIGTERM');
    expect(await broker.exited).toBe(0);
  });

  it('B6 a second signal ends a stop that hangs, at once', async () => {
    const hang = 'import { Server } from "node:net"; Server.prototype.close = function () { return this; }';
    await using broker = new BrokerProgram({
      args,
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hang)}` },
    });
    await broker.ready();
    broker.signal('SIGTERM');
    await broker.says(/"msg":"stopping; a second signal stops at once"/);
    broker.signal('SIGINT');
    expect(await broker.exited).toBe(130);
    expect(broker.stdout).not.toContain('stopped cleanly');
  });

  it('S2 logs a fault that nobody handled and exits without the words of a clean stop', async () => {
    const fault = 'process.on("SIGUSR2", () => { throw new Error("planted"); })';
    await using broker = new BrokerProgram({
      args,
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}` },
    });
    await broker.ready();
    broker.signal('SIGUSR2');
    expect(await broker.exited).toBe(1);
    expect(broker.stdout).toMatch(/"level":"fatal".*planted.*"msg":"uncaught exception"/);
    expect(broker.stdout).not.toContain('stopped cleanly');
  });
});
