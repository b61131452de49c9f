import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrokerProcess } from '../src/broker-process.ts';

// Says what the broker program says, and shows its arguments and environment in a field that nobody else reads.
const program = `
process.on('SIGTERM', () => process.exit(0));
console.log('starting');
console.log(JSON.stringify({ msg: 'ready', url: 'q://127.0.0.1:1234', adminUrl: 'http://127.0.0.1:1235', startMs: 7 }));
process.stdout.write('{"cut short "ready"');
const variables = Object.keys(process.env).filter((name) => name.startsWith('Q_'));
console.error(JSON.stringify({ args: process.argv.slice(2), variables }));
setInterval(() => undefined, 1000);
`;

let folder: string;
let main: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'q-broker-process-'));
  main = join(folder, 'main.mjs');
  await writeFile(main, program);
});

afterEach(async () => {
  delete process.env['Q_PORT'];
  await rm(folder, { recursive: true });
});

describe('BrokerProcess', () => {
  it('knows where the broker listens, and ends it with SIGTERM', async () => {
    await using broker = await BrokerProcess.start({ main });
    expect(broker).toMatchObject({
      url: 'q://127.0.0.1:1234',
      port: 1234,
      adminUrl: 'http://127.0.0.1:1235',
      startMs: 7,
    });
    expect(await broker.stop()).toEqual({ code: 0, signal: null });
  });

  it('kills without a chance to say anything', async () => {
    await using broker = await BrokerProcess.start({ main });
    await expect.poll(() => broker.log).toContain('variables');
    expect(await broker.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(broker.log).toContain('cut short');
  });

  it('hands its flags on and keeps the settings of the shell back', async () => {
    process.env['Q_PORT'] = '1';
    await using broker = await BrokerProcess.start({ main, args: ['--storage', 'memory'] });
    await expect.poll(() => broker.log).toContain('"--storage","memory"');
    expect(broker.log).toContain('"variables":[]');
  });

  it('reports the last words of a broker that does not start', async () => {
    await writeFile(main, 'console.error("the folder is locked"); process.exit(1);');
    await expect(BrokerProcess.start({ main })).rejects.toThrow('the folder is locked');
  });

  it('does not wait for ever', async () => {
    await writeFile(main, 'setInterval(() => undefined, 1000);');
    await expect(BrokerProcess.start({ main, startTimeoutMs: 200 })).rejects.toThrow('did not become ready');
  });
});
