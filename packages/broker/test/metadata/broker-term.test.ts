import { ManualClock, seededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { BrokerTerm } from '../../src/metadata/broker-term.ts';
import { LogMetadataStore } from '../../src/metadata/log-metadata-store.ts';
import { FakeLog } from '../fakes/fake-log.ts';

const random = seededRandom(7);

function begin(log: FakeLog): Promise<BrokerTerm> {
  return LogMetadataStore.open(log, new ManualClock()).then((metadata) =>
    BrokerTerm.begin(metadata, { brokerId: 4, random }),
  );
}

describe('BrokerTerm', () => {
  it('keeps the term over clean stops, and raises it after every other end', async () => {
    const log = new FakeLog();
    const first = await begin(log);
    expect(first).toMatchObject({ term: 0, followsCrash: false });
    await first.end();
    const second = await begin(log);
    expect(second).toMatchObject({ term: 0, followsCrash: false, clusterId: first.clusterId });
    // No end: a crash.
    const third = await begin(log);
    expect(third).toMatchObject({ term: 1, followsCrash: true, clusterId: first.clusterId });
    const fourth = await begin(log);
    expect(fourth.term).toBe(2);
    await fourth.end();
    expect((await begin(log)).term).toBe(2);
  });

  it('refuses an entry that it does not understand', async () => {
    const log = new FakeLog();
    const metadata = await LogMetadataStore.open(log, new ManualClock());
    await metadata.compareAndSet({ key: 'brokers/4', expectedVersion: 0, value: '{"format":9}' });
    await expect(begin(log)).rejects.toThrow('brokers/4');
  });
});
