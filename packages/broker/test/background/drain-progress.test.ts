import { FaultyFileSystem, ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { DrainProgress } from '../../src/background/drain-progress.ts';
import { startBroker } from '../../src/index.ts';
import { batchOf } from '../harness.ts';
import { RawClient } from '../raw-client.ts';

function recorder(): {
  lines: object[];
  logger: Record<'debug' | 'info' | 'warn' | 'error', (f: object, m: string) => void>;
} {
  const lines: object[] = [];
  const say = (fields: object, message: string): void => void lines.push({ ...fields, message });
  return { lines, logger: { debug: say, info: say, warn: say, error: say } };
}

describe('a stop', () => {
  it('Q2 tells once a second what it waits for, and how long', async () => {
    const clock = new ManualClock();
    const { lines, logger } = recorder();
    const left = { requests: 4, connections: 2 };
    const told = { groups: 1, members: 3 };
    const drain = new DrainProgress({ clock, logger, timeoutMs: 10_000, count: () => left, told });
    drain.start();
    expect(lines).toMatchObject([
      { event: 'broker.draining', requestsInFlight: 4, connections: 2, secondsLeft: 10, members: 3 },
    ]);
    left.requests = 1;
    await clock.advance(2_500);
    expect(lines.slice(1)).toMatchObject([
      { requestsInFlight: 1, secondsLeft: 9 },
      { requestsInFlight: 1, secondsLeft: 8 },
    ]);
    expect(drain.state()).toEqual({ requests: 1, connections: 2, leftMs: 7_500 });
    drain.stop();
    expect(clock.pending).toBe(0);
  });

  it('Q2 O4 says why it is not ready while it waits', async () => {
    const fileSystem = new FaultyFileSystem();
    const { lines, logger } = recorder();
    const broker = await startBroker({
      storage: 'file',
      dataDir: '/data',
      fileSystem,
      port: 0,
      admin: { port: 0 },
      logger,
    });
    const client = await RawClient.connect(broker);
    const { topicId } = await client.createTopic('orders');
    const hold = fileSystem.hold('datasync');
    const producing = client.produce(topicId, batchOf('in flight'));
    await hold.reached;
    const closing = broker.close();
    const ready = await fetch(`${broker.adminUrl}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      status: 'stopping',
      reasons: ['the broker stops (requests under way: 1, connections: 1, seconds left: 10)'],
    });
    hold.release();
    await producing;
    await closing;
    expect(lines).toContainEqual(expect.objectContaining({ event: 'broker.draining', requestsInFlight: 1, groups: 0 }));
  });
});
