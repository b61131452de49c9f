import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { LogMetadataStore } from '../../../src/metadata/log-metadata-store.ts';
import { ProducerIdBlocks } from '../../../src/services/producers/producer-id-blocks.ts';
import { FakeLog } from '../../fakes/fake-log.ts';

async function start(log: FakeLog) {
  const metadata = await LogMetadataStore.open(log, new ManualClock());
  return { metadata, ids: await ProducerIdBlocks.open(metadata) };
}

describe('ProducerIdBlocks', () => {
  it('P4 hands out different ids to everybody, also after a restart, with one durable write for a block', async () => {
    const log = new FakeLog();
    const first = await start(log);
    const identities = await Promise.all(Array.from({ length: 1500 }, () => first.ids.create()));
    expect(new Set(identities.map((identity) => identity.producerId)).size).toBe(1500);
    expect(log.batches).toHaveLength(2);
    const second = await start(log);
    expect(await second.ids.create()).toEqual({ producerId: 2000, producerEpoch: 0 });
    expect(await second.ids.bump({ producerId: 1700, producerEpoch: 3 })).toEqual({
      producerId: 1700,
      producerEpoch: 4,
    });
  });

  it('P4 hands out nothing before the block is durable', async () => {
    const log = new FakeLog();
    const { ids } = await start(log);
    log.holdsAppends = true;
    let answered = false;
    const identity = ids.create().finally(() => (answered = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(log.batches).toHaveLength(1);
    expect(answered).toBe(false);
    log.settle();
    expect(await identity).toEqual({ producerId: 0, producerEpoch: 0 });
  });

  it('P4 tells everybody who waited when no block can be had, and tries again for the next', async () => {
    const log = new FakeLog();
    const { ids } = await start(log);
    log.failNext = new Error('disk full');
    const results = await Promise.allSettled([ids.create(), ids.create()]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(await ids.create()).toEqual({ producerId: 0, producerEpoch: 0 });
  });

  it('P4 claims a block behind one that somebody else claimed', async () => {
    const log = new FakeLog();
    const { ids, metadata } = await start(log);
    await metadata.compareAndSet({ key: 'producer-ids', expectedVersion: 0, value: '4000' });
    expect(await ids.create()).toEqual({ producerId: 4000, producerEpoch: 0 });
  });

  it('P4 does not know ids beyond its blocks', async () => {
    const { ids } = await start(new FakeLog());
    await expect(ids.bump({ producerId: 5, producerEpoch: 0 })).rejects.toMatchObject({ code: 'UNKNOWN_PRODUCER_ID' });
  });
});
