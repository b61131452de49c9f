import { section } from '../feature.ts';
import type { Feature } from '../feature.ts';
import { expectSame, someRecords } from '../records.ts';
import type { WireRecord } from '../operations.ts';
import type { Stage } from '../stage.ts';

/** What the client itself and the native client see of the topic. Both read what is committed. */
async function expectCommitted(stage: Stage, topic: string, records: readonly WireRecord[]): Promise<void> {
  expectSame(await stage.stored(topic), records);
  const wanted = { topic, partition: 0, from: 'start', count: records.length } as const;
  const { records: seen } = await stage.client.ask('consume', wanted);
  expectSame(seen, records);
}

async function commits(stage: Stage): Promise<void> {
  const topic = await stage.topic();
  const transactionalId = stage.name('transaction');
  const sent = { topic, codec: 'none', acks: -1, isIdempotent: true, transactionalId } as const;
  const first = someRecords(20, { name: 'first' });
  const second = someRecords(20, { name: 'second' });
  await stage.client.ask('produce', { ...sent, records: first });
  // A producer of the same id: the one before is fenced.
  await stage.client.ask('produce', { ...sent, records: second });
  await expectCommitted(stage, topic, [...first, ...second]);
}

async function aborts(stage: Stage): Promise<void> {
  const topic = await stage.topic();
  const transactionalId = stage.name('transaction');
  const sent = { topic, codec: 'none', acks: -1, isIdempotent: true, transactionalId } as const;
  const kept = someRecords(20, { name: 'kept' });
  await stage.client.ask('produce', { ...sent, records: someRecords(20, { name: 'gone' }), outcome: 'abort' });
  await stage.client.ask('produce', { ...sent, records: kept });
  await expectCommitted(stage, topic, kept);
}

export const transactions: readonly Feature[] = section('Transactions', {
  'what is committed is seen, by itself and natively': commits,
  'what is aborted is not': aborts,
});
