import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureOrders, Orders } from '../src/orders.ts';

let broker: Broker;
const programs: ChildProcess[] = [];

beforeEach(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
});

afterEach(async () => {
  for (const program of programs.splice(0)) program.kill('SIGKILL'); // does nothing to those that have ended
  await broker.close();
});

/** Starts a program as a deployment would, and gives its lines. */
function start(name: 'http' | 'worker'): { program: ChildProcess; lines: Interface; ended: Promise<unknown[]> } {
  const file = fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url));
  const env = { ...process.env, Q_URL: broker.url, PORT: '0' };
  const program = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  programs.push(program);
  return { program, lines: createInterface({ input: program.stdout }), ended: once(program, 'exit') };
}

// Each is a process, which takes long to start on a machine with much else to do.
describe('the programs', { timeout: 60_000 }, () => {
  it('B6 the HTTP service loses nothing that it has answered for when it is told to stop', async () => {
    const { program, lines, ended } = start('http');
    const [line] = (await once(lines, 'line')) as [string];
    const url = `${line.replace('listening on ', '')}/customers/ann/orders`;

    const accepted = new Set<string>();
    let posted = 0;
    const post = async (): Promise<void> => {
      for (;;) {
        posted += 1;
        const item = `lamp-${posted}`;
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ item, quantity: 1 }) });
        await answer.text();
        if (answer.status !== 201) return;
        accepted.add(item);
        if (accepted.size === 100) program.kill('SIGTERM'); // in the middle of the others
      }
    };
    // A caller ends with a refused connection, or a 503 on one that was open.
    await Promise.allSettled(Array.from({ length: 8 }, post));
    expect(await ended).toEqual([0, null]);

    await using q = await connect(broker.url);
    const stored = new Set<string>();
    for await (const { value } of q.consumer(Orders, { stopAtEnd: true })) stored.add(value.item);
    expect(accepted.size).toBeGreaterThanOrEqual(100);
    expect([...accepted].filter((item) => !stored.has(item))).toEqual([]);
  });

  it('B6 the worker finishes what it has in hand, commits and leaves when it is told to stop', async () => {
    await using q = await connect(broker.url);
    await ensureOrders(q);
    const value = { item: 'lamp', quantity: 1 };
    const orders = Array.from({ length: 50 }, (_, index) => ({ key: `customer-${index % 5}`, value }));
    await q.producer().sendBatch(Orders, orders);

    const { program, lines, ended } = start('worker');
    const printed: string[] = [];
    for await (const line of lines) {
      printed.push(line);
      if (printed.length === 50) program.kill('SIGTERM');
    }
    expect(await ended).toEqual([0, null]);
    expect(printed.at(-1)).toBe('stopped, 0 orders will be delivered again');
    expect(new Set(printed.slice(0, -1)).size).toBe(50); // each once
    const committed = await q.admin.groupOffsets('packing');
    expect(committed.reduce((sum, { offset }) => sum + offset, 0)).toBe(50);
    expect((await q.admin.describeGroup('packing')).members).toEqual([]);
  });
});
