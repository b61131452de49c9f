import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { topicOf } from '../src/q-topic.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

let broker: Broker;
let q: Q;
let program: ChildProcess;
let ended: Promise<unknown[]>;

beforeAll(async () => {
  await run('node_modules/.bin/rolldown', ['--config', 'rolldown.config.ts'], { cwd: folder });
});

beforeEach(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  q = await connect(broker.url);
  await q.admin.ensureTopic('order-placed');
  await q.admin.ensureTopic('parcels', { config: { 'dedup.window.ms': '1h' } });
  const env = { ...process.env, Q_URL: broker.url };
  program = spawn(process.execPath, ['dist/main.js'], { cwd: folder, env, stdio: 'ignore' });
  ended = once(program, 'exit');
});

afterEach(async () => {
  program.kill('SIGKILL');
  await q.close();
  await broker.close();
});

// A process takes long to start on a machine with much else to do.
describe('the program, as it is built', { timeout: 60_000 }, () => {
  it('B6 serves, and ends in order when it is told to stop', async () => {
    await q.producer().send(topicOf('order-placed'), { key: 'ann', value: { item: 'lamp', quantity: 2 } });
    const ofEnd = new AbortController(); // a program that dies is not waited for
    program.once('exit', () => ofEnd.abort());
    for await (const parcel of q.consumer('parcels', { signal: ofEnd.signal })) {
      expect(String(parcel.value)).toBe('2 lamp');
      break;
    }
    program.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(await q.admin.groupOffsets('packing')).toMatchObject([{ topic: 'order-placed', offset: 1 }]);
  });

  it('ends with exit code 1 at an event that it cannot handle, and leaves it to be delivered again', async () => {
    await q.producer().send(topicOf('order-placed'), { value: null });
    expect(await ended).toEqual([1, null]);
    expect(await q.admin.groupOffsets('packing')).toEqual([]);
  });
});
