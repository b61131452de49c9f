import {
  batchCodec,
  checkBatch,
  codecNames,
  encodeBatch,
  errorCode,
  iterateRecords,
  messageIdHeader,
} from '@q/protocol';
import type { CodecName, ErrorName, ProduceRequest, ProduceResponsePartition } from '@q/protocol';
import { StorageError } from '@q/storage';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { ByteBudget } from '../../../src/transport/byte-budget.ts';
import { Expected } from '../../../src/session/native/handler.ts';
import { everybodyMay } from '../../../src/services/access/access.ts';
import { AppendService } from '../../../src/services/append/append-service.ts';
import { produceHandler } from '../../../src/session/native/apis/produce.ts';
import { defaultLimits } from '../../../src/limits.ts';
import type { BrokerLimits } from '../../../src/limits.ts';
import { silentLogger } from '../../../src/logger.ts';
import { BrokerCounters } from '../../../src/metrics/counters.ts';
import type { Topic } from '../../../src/services/topics/topic.ts';
import { FakeLog } from '../../fakes/fake-log.ts';
import { FakeCaller } from '../../fakes/fake-caller.ts';
import { throttleOf } from '../../fakes/fake-throttle.ts';
import { emptyRegistry, partitionWith, topicOf } from '../../fakes/topics.ts';

const clockStart = Date.now();

function setUp(topic: Topic = topicOf({ leaderEpoch: 3 }), partitions = 2, limits: Partial<BrokerLimits> = {}) {
  const clock = new ManualClock({ startMs: clockStart });
  const logs = Array.from({ length: partitions }, () => new FakeLog());
  for (const log of logs) partitionWith(log, topic);
  const registry = emptyRegistry();
  registry.addInternal(topic);
  const budget = new ByteBudget({ softBytes: 1000, hardBytes: 2000 });
  const counters = new BrokerCounters(clock);
  const letGo: Buffer[] = [];
  const { throttle } = throttleOf();
  const service = new AppendService({
    access: everybodyMay,
    registry,
    budget,
    clock,
    limits: { ...defaultLimits, ...limits },
    counters,
    logger: silentLogger,
    inMemory: false,
    throttle,
  });
  const handler = produceHandler({ service, throttle, frames: { release: (view) => letGo.push(view) }, traces: null });
  const caller = new FakeCaller();
  const held = caller.budget;
  const { signal } = caller;
  const produce = async (
    parts: Partial<ProduceRequest['topics'][0]['partitions'][0]>[],
    timeoutMs = 1000,
  ): Promise<ProduceResponsePartition[]> => {
    const wanted = parts.map((part, partition) => ({ partition, leaderEpoch: -1, records: batch('x'), ...part }));
    const handled = handler.handle(
      { timeoutMs, topics: [{ topicId: topic.id, partitions: wanted }], traceContexts: [] },
      caller,
    );
    const response = handled instanceof Expected ? ((await handled.other) ?? handled.answer) : await handled;
    return [...response.topics[0]!.partitions];
  };
  return { clock, logs, topic, registry, budget, counters, held, signal, letGo, produce };
}

// A fixed time, so that the manual clock finds it neither old nor new.
function batch(value: string): Buffer {
  return encodeBatch([{ value: Buffer.from(value), timestampMs: clockStart }]);
}

function named(code: ErrorName): { errorCode: number } {
  return { errorCode: errorCode(code) };
}

/** Lets every promise that can settle do so. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('PRODUCE', () => {
  it('B2 keeps the latest append of a partition for what is answered later, and only until it is settled', async () => {
    const { logs, topic, produce } = setUp();
    logs[0]!.holdsAppends = true;
    const answers = [produce([{}]), produce([{}])];
    expect(topic.partitions[0]!.lastAppend).toMatchObject({ baseOffset: 1 });
    logs[0]!.settle();
    await Promise.all(answers);
    expect(topic.partitions[0]!.lastAppend).toBeNull();
  });

  it('B2 lets go of its frame once, as soon as its batches are appended, for the log looks after them then', async () => {
    const { logs, letGo, produce } = setUp();
    logs[0]!.holdsAppends = true;
    const [first, second] = [batch('a'), batch('b')];
    const answer = produce([{ records: first }, { records: second }]);
    expect(letGo).toEqual([first]);
    expect(letGo[0]).toBe(first);
    logs[0]!.settle();
    await answer;
    expect(letGo).toHaveLength(1);
  });

  it('P2 refuses what is from too far ahead, also after others, until its time has come nearer', async () => {
    const { clock, produce } = setUp();
    const ahead = (): Buffer => encodeBatch([{ value: Buffer.from('x'), timestampMs: clockStart + 3 * 3_600_000 }]);
    expect(await produce([{}])).toMatchObject([{ errorCode: 0 }]);
    expect(await produce([{ records: ahead() }])).toMatchObject([named('INVALID_TIMESTAMP')]);
    await clock.advance(2 * 3_600_000);
    expect(await produce([{ records: ahead() }])).toMatchObject([{ errorCode: 0 }]);
  });

  it('Z1 tells the log what the header says', async () => {
    const { logs, produce } = setUp();
    await produce([{}]);
    expect(logs[0]!.lastOptions).toMatchObject({ header: { recordsCount: 1 } });
  });

  it('B2 answers only when the records are durable, and holds their bytes so long', async () => {
    const { logs, held, counters, produce } = setUp();
    logs[0]!.holdsAppends = true;
    let answered = false;
    const answer = produce([{}]).finally(() => (answered = true));
    await settled();
    expect(answered).toBe(false);
    expect(held.framesHeld).toBe(1);
    logs[0]!.settle();
    expect(await answer).toMatchObject([{ errorCode: 0, baseOffset: 0 }]);
    expect(held.framesHeld).toBe(0);
    expect(counters).toMatchObject({ recordsIn: 1, bytesIn: batch('x').length });
  });

  it('P2 answers REQUEST_TIMED_OUT for the partitions that are not durable in time, and keeps holding their bytes', async () => {
    const { clock, logs, held, produce } = setUp();
    logs[1]!.holdsAppends = true;
    const answer = produce([{}, {}], 500);
    await settled();
    await clock.advance(500);
    expect(await answer).toMatchObject([
      { errorCode: 0, baseOffset: 0 },
      { ...named('REQUEST_TIMED_OUT'), baseOffset: -1 },
    ]);
    expect(held.framesHeld).toBe(1);
    logs[1]!.settle();
    await settled();
    expect(held.framesHeld).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('B2 tells why records can never be durable', async () => {
    const { logs, produce } = setUp();
    logs[0]!.holdsAppends = true;
    const answer = produce([{}, {}]);
    await settled();
    logs[0]!.settle(new StorageError('STORAGE_FULL', 'no space left'));
    expect(await answer).toMatchObject([{ ...named('STORAGE_FULL'), errorMessage: 'no space left' }, { errorCode: 0 }]);
  });

  it('P4 an error does not overtake an earlier append to the same partition', async () => {
    const { logs, produce } = setUp();
    logs[0]!.holdsAppends = true;
    const order: string[] = [];
    const first = produce([{}]).then(() => order.push('first'));
    const second = produce([{ leaderEpoch: 1 }]).then((parts) => {
      order.push('second');
      expect(parts).toMatchObject([named('STALE_LEADER_EPOCH')]);
    });
    const elsewhere = produce([{ partition: 1, leaderEpoch: 1 }]).then(() => order.push('elsewhere'));
    await settled();
    expect(order).toEqual(['elsewhere']);
    logs[0]!.settle();
    await Promise.all([first, second, elsewhere]);
    expect(order).toEqual(['elsewhere', 'first', 'second']);
  });

  it('P1 appends in the order of arrival', async () => {
    const { logs, produce } = setUp();
    logs[0]!.holdsAppends = true;
    const answers = ['a', 'b', 'c'].map((value) => produce([{ records: batch(value) }]));
    expect(logs[0]!.batches).toHaveLength(3);
    logs[0]!.settle();
    expect((await Promise.all(answers)).map(([part]) => part!.baseOffset)).toEqual([0, 1, 2]);
  });

  it('Z1 hands the very bytes of the request to storage', async () => {
    const { logs, produce } = setUp();
    const records = batch('zero-copy');
    await produce([{ records }]);
    expect(logs[0]!.batches[0]!.buffer).toBe(records.buffer);
    expect(logs[0]!.batches[0]).toBe(records);
  });

  it('compares leader epochs', async () => {
    const { produce } = setUp();
    expect(await produce([{ leaderEpoch: 2 }, { leaderEpoch: 4 }])).toMatchObject([
      named('STALE_LEADER_EPOCH'),
      named('UNKNOWN_LEADER_EPOCH'),
    ]);
    expect(await produce([{ leaderEpoch: 3 }, { leaderEpoch: -1 }])).toMatchObject([
      { errorCode: 0 },
      { errorCode: 0 },
    ]);
  });

  it('refuses with a retriable error above the hard limit of bytes', async () => {
    const { budget, logs, produce } = setUp();
    budget.adjust(2001);
    await expect(produce([{}])).rejects.toMatchObject({ code: 'BROKER_BUSY', retriable: true });
    expect(logs[0]!.batches).toHaveLength(0);
  });

  it('S3 compresses anew when the topic forces a codec', async () => {
    const { logs, produce } = setUp(topicOf({ configs: { 'compression.type': 'gzip' } }));
    const compressed = encodeBatch([{ value: Buffer.alloc(1000), timestampMs: clockStart }], { codec: 'zstd' });
    const already = encodeBatch([{ value: Buffer.alloc(1000), timestampMs: clockStart }], { codec: 'gzip' });
    await produce([{ records: batch('plain') }]);
    await produce([{ records: compressed }]);
    await produce([{ records: already }]);
    const stored = logs[0]!.batches;
    expect(stored.map((one) => batchCodec(one))).toEqual(['gzip', 'gzip', 'gzip']);
    expect(stored[2]).toBe(already);
    for (const one of stored) expect(checkBatch(one, 0, one.length)).toBe('ok');
    expect([...iterateRecords(stored[0]!)][0]!.valueText()).toBe('plain');
  });

  it('P5 refuses what grows beyond the limit of the topic when it is compressed anew', async () => {
    const configs = { 'compression.type': 'none', 'max.message.bytes': '5000' };
    const { logs, produce } = setUp(topicOf({ configs }));
    const records = Array.from({ length: 3 }, () => ({ value: Buffer.alloc(2_000), timestampMs: 1 }));
    const [grown] = await produce([{ records: encodeBatch(records, { codec: 'gzip' }) }]);
    expect(grown!.errorCode).toBe(errorCode('BATCH_TOO_LARGE'));
    expect(logs[0]!.batches).toHaveLength(0);
    const [small] = await produce([{ records: encodeBatch(records.slice(1), { codec: 'gzip' }) }]);
    expect(small!.errorCode).toBe(0);
  });

  it('P4 passes message ids on only where a topic asks for them', async () => {
    const withId = (): Buffer =>
      encodeBatch([
        { value: null, headers: [{ key: messageIdHeader, value: Buffer.from('id-1') }], timestampMs: clockStart },
      ]);
    const plain = setUp();
    await plain.produce([{ records: withId() }]);
    expect(plain.logs[0]!.lastOptions).not.toHaveProperty('messageIds');
    const deduplicating = setUp(topicOf({ configs: { 'dedup.window.ms': '1000' } }));
    await deduplicating.produce([{ records: withId() }]);
    expect(deduplicating.logs[0]!.lastOptions).toMatchObject({ messageIds: ['id-1'] });
  });

  describe('that would hold up everybody', () => {
    const large = (codec: CodecName, bytes = 3 << 20): Buffer =>
      encodeBatch(
        Array.from({ length: bytes >> 19 }, () => ({ value: Buffer.alloc(1 << 19), timestampMs: clockStart })),
        { codec },
      );

    it.each(codecNames)(
      'W3 %s: is checked apart, in its order, and appended as it would be otherwise',
      async (codec) => {
        const { logs, held, letGo, produce } = setUp(topicOf({ configs: { 'max.message.bytes': String(4 << 20) } }));
        const records = large(codec);
        const answers = produce([{ records }, {}, { partition: 0, records: batch('behind') }]);
        // Nothing overtakes it: neither what follows in the request, nor the requests behind it.
        expect(logs.map((log) => log.batches.length)).toEqual([0, 0]);
        expect(held).toMatchObject({ ordersHeld: 1, framesHeld: 1 });
        expect(await answers).toMatchObject([
          { errorCode: 0, baseOffset: 0 },
          { errorCode: 0, baseOffset: 0 },
          { errorCode: 0, baseOffset: 6 },
        ]);
        expect(logs[0]!.batches[0]).toBe(records);
        expect(held).toMatchObject({ ordersHeld: 0, framesHeld: 0 });
        // All checks are over: the logs alone look after the batches, once.
        expect(letGo).toEqual([records]);
      },
    );

    it('W3 refuses in the same words', async () => {
      const { logs, letGo, produce } = setUp();
      const damaged = large('gzip');
      damaged[100]! ^= 0xff;
      const tooMuch = large('zstd', 80 << 20);
      expect(await produce([{ records: damaged }, { records: tooMuch }])).toMatchObject([
        named('CORRUPT_BATCH'),
        named('BATCH_TOO_LARGE'),
      ]);
      expect(logs.map((log) => log.batches.length)).toEqual([0, 0]);
      // The thread pool may still read what it had begun with.
      expect(letGo).toEqual([]);
    });

    it('W3 what many batches become in one turn counts together', async () => {
      const { logs, held, produce } = setUp(topicOf(), 2, { checkTurnBytesMax: 30_000 });
      const small = (): Buffer =>
        encodeBatch([{ value: Buffer.alloc(6_000), timestampMs: clockStart }], { codec: 'zstd' });
      const answers = Array.from({ length: 5 }, () => produce([{ records: small() }]));
      // A zstd frame counts 16 KiB beside its bytes: the first takes this turn, the others have to wait for theirs.
      expect(logs[0]!.batches).toHaveLength(1);
      expect(held.ordersHeld).toBe(4);
      for (const answer of answers) expect(await answer).toMatchObject([{ errorCode: 0 }]);
      expect(logs[0]!.batches).toHaveLength(5);
    });

    it('W3 many plain batches in one request give way to others after a while', async () => {
      const { clock, logs, held, produce } = setUp(topicOf(), 6, { turnMsMax: 5 });
      const plain = (): Buffer => encodeBatch([{ value: Buffer.alloc(300_000), timestampMs: clockStart }]);
      // Each append takes 4 ms.
      clock.monotonic = () => logs.reduce((sum, log) => sum + log.batches.length * 4, 0);
      const answers = produce(Array.from({ length: 6 }, () => ({ records: plain() })));
      expect(logs.map((log) => log.batches.length)).toEqual([1, 1, 0, 0, 0, 0]);
      expect(held.ordersHeld).toBe(1);
      expect(await answers).toMatchObject(Array.from({ length: 6 }, () => ({ errorCode: 0 })));
      expect(held.ordersHeld).toBe(0);
    });

    it('Z1 small batches look at no clock, however many', async () => {
      const { clock, logs, produce } = setUp(topicOf(), 6, { turnMsMax: 5 });
      let looks = 0;
      clock.monotonic = () => (looks += 1000);
      const answers = produce(Array.from({ length: 6 }, () => ({})));
      expect(logs.map((log) => log.batches.length)).toEqual(Array(6).fill(1));
      await answers;
      expect(looks).toBe(0);
    });

    it('S3 P4 compresses anew and finds message ids there, too', async () => {
      const configs = { 'compression.type': 'zstd', 'dedup.window.ms': '1000' };
      const { logs, produce } = setUp(topicOf({ configs }));
      await produce([{ records: large('gzip') }, { records: large('zstd') }]);
      expect(batchCodec(logs[0]!.batches[0]!)).toBe('zstd');
      expect([...iterateRecords(logs[0]!.batches[0]!)]).toHaveLength(6);
      expect(logs[0]!.lastOptions).toMatchObject({ messageIds: null });
      const headers = [{ key: messageIdHeader, value: Buffer.from('id-9') }];
      const withId = encodeBatch([{ value: Buffer.alloc(900_000), headers, timestampMs: clockStart }], {
        codec: 'gzip',
      });
      await produce([{ records: withId }]);
      expect(logs[0]!.lastOptions).toMatchObject({ messageIds: ['id-9'] });
    });

    it('is not written when its connection, or its topic, is gone meanwhile', async () => {
      const gone = setUp();
      const answers = gone.produce([{ records: large('gzip') }, {}]);
      gone.signal.abort();
      expect(await answers).toMatchObject([named('REQUEST_TIMED_OUT'), named('REQUEST_TIMED_OUT')]);
      expect(gone.logs.map((log) => log.batches.length)).toEqual([0, 0]);
      expect(gone.held).toMatchObject({ ordersHeld: 0, framesHeld: 0 });

      const deleted = setUp();
      const late = deleted.produce([{ records: large('gzip') }]);
      deleted.topic.partitions.length = 0;
      expect(await late).toMatchObject([named('UNKNOWN_PARTITION')]);
      expect(deleted.logs[0]!.batches).toHaveLength(0);
    });
  });
});
