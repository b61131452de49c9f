import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startBroker } from '@q/broker';
import { connect } from '@q/client';
import { kafkaDoor } from '@q/kafka-gateway';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../src/orders.ts', import.meta.url));

// The programs of other languages run in `pnpm kafka:clients`, which brings what they need.
describe('the program in TypeScript', () => {
  it('B1 sends orders and reads them in a group, and the next run goes on behind them', async () => {
    await using broker = await startBroker({
      storage: 'memory',
      port: 0,
      admin: false,
      limits: { groupInitialDelayMs: 0 },
      doors: [kafkaDoor({ port: 0 })],
    });
    const [door] = broker.doors;
    for (const _run of [1, 2]) {
      const { stdout } = await promisify(execFile)(process.execPath, [program, `127.0.0.1:${door!.port}`]);
      expect(stdout.split('\n').toSorted()).toEqual([
        '',
        'customer-7 ordered a table',
        'customer-7 ordered six chairs',
        'customer-7 ordered two lamps',
      ]);
    }
    await using q = await connect(broker.url);
    const keys: string[] = [];
    for await (const { key } of q.consumer('orders-node', { from: 'earliest', stopAtEnd: true }))
      keys.push(String(key));
    expect(keys).toEqual(Array.from({ length: 6 }, () => 'customer-7'));
  });
});
