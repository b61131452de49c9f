/**
 * Transactions at the Kafka door, as its clients go about them: those of the first version, which add partitions and
 * groups before they write (v1), and those that negotiate the second (KIP-890, v2).
 */
import { describe, expect, it } from 'vitest';
import { addOffsetsToTxn } from '../../src/messages/add-offsets-to-txn.ts';
import { addPartitionsToTxn } from '../../src/messages/add-partitions-to-txn.ts';
import { apiVersions } from '../../src/messages/api-versions.ts';
import { describeTransactions } from '../../src/messages/describe-transactions.ts';
import { endTxn } from '../../src/messages/end-txn.ts';
import { initProducerId } from '../../src/messages/init-producer-id.ts';
import { listTransactions } from '../../src/messages/list-transactions.ts';
import { txnOffsetCommit } from '../../src/messages/txn-offset-commit.ts';
import { stage } from '../fetching.ts';
import {
  add,
  begin,
  committed,
  commitOf,
  endOffset,
  group,
  groupOffset,
  transactionalId,
  write,
} from '../transacting.ts';

describe('X1 transactions of Kafka clients', () => {
  it('X1 v1: adds a partition, writes, and shows it once it is committed; the epoch stays', async () => {
    const scene = await stage();
    const producer = await begin(scene.client);
    expect(await write(scene, producer, { text: 'too early', version: 11 })).toBe(48);
    expect(await add(scene, producer, [0])).toEqual([0]);
    expect(await write(scene, producer, { text: 'a', version: 11 })).toBe(0);
    expect(await committed(scene)).toEqual({ texts: [], lastStableOffset: 0, highWatermark: 1 });
    expect([await endOffset(scene, 0), await endOffset(scene, 1)]).toEqual([1, 0]);
    const end = { transactionalId, ...producer, committed: true };
    expect(await scene.client.ask(endTxn, 3, end)).toMatchObject({ errorCode: 0 });
    expect(await committed(scene)).toEqual({ texts: ['a'], lastStableOffset: 2, highWatermark: 2 });
    expect(await endOffset(scene, 1)).toBe(2);
    expect(await add(scene, producer, [0])).toEqual([0]);
    expect(await write(scene, producer, { text: 'b', version: 11, sequence: 1 })).toBe(0);
    expect(await scene.client.ask(endTxn, 3, end)).toMatchObject({ errorCode: 0 });
    expect((await committed(scene)).texts).toEqual(['a', 'b']);
  });

  it('X1 v2: joins by being written to; an abort shows nothing, and the producer goes on in the next epoch', async () => {
    const scene = await stage();
    const producer = await begin(scene.client);
    expect(await write(scene, producer, { text: 'aborted', version: 13 })).toBe(0);
    const abort = { transactionalId, ...producer, committed: false };
    const { producerId } = producer;
    const next = { producerId, producerEpoch: producer.producerEpoch + 1 };
    expect(await scene.client.ask(endTxn, 5, abort)).toMatchObject({ errorCode: 0, ...next });
    // The answer was lost, and the client asks again.
    expect(await scene.client.ask(endTxn, 5, abort)).toMatchObject({ errorCode: 0, ...next });
    expect(await write(scene, next, { text: 'kept', version: 13 })).toBe(0);
    const commit = { transactionalId, ...next, committed: true };
    expect(await scene.client.ask(endTxn, 5, commit)).toMatchObject({ errorCode: 0 });
    expect((await committed(scene)).texts).toEqual(['kept']);
  });

  it('X1 tells clients of version 2 by a feature', async () => {
    const { client } = await stage();
    const named = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' };
    const finalizedFeatures = [{ name: 'transaction.version', maxVersionLevel: 2, minVersionLevel: 2 }];
    const supportedFeatures = [{ name: 'transaction.version', minVersion: 0, maxVersion: 2 }];
    expect(await client.ask(apiVersions, 4, named)).toMatchObject({ finalizedFeatures, supportedFeatures });
    expect(await client.ask(apiVersions, 3, named)).toMatchObject({ finalizedFeatures, supportedFeatures: [] });
  });

  // Kafka 4.4.0: send 47 (InvalidProducerEpochException), commit without a send 90 (ProducerFencedException).
  it('X1 fences the producer before: its writes by its epoch, its end by name, or by its epoch for old clients', async () => {
    const scene = await stage();
    const old = await begin(scene.client);
    expect(await write(scene, old, { text: 'old', version: 13 })).toBe(0);
    await begin(scene.client);
    for (const version of [11, 13]) expect(await write(scene, old, { text: 'zombie', version, sequence: 1 })).toBe(47);
    const end = { transactionalId, ...old, committed: true };
    expect(await scene.client.ask(endTxn, 5, end)).toMatchObject({ errorCode: 90 });
    expect(await scene.client.ask(endTxn, 1, end)).toMatchObject({ errorCode: 47 });
    expect(await add(scene, old, [0])).toEqual([90]);
    expect((await committed(scene)).texts).toEqual([]);
  });

  // Kafka 4.4.0 answers EndTxn 5 with 48, which leaves a Java producer dead for good, and AddOffsetsToTxn 4 with 90. To
  // older versions it says what is said here.
  it('X1 after a time-out tells clients that know 120 to abort, older ones 90 or 47; an abort brings the producer back', async () => {
    const scene = await stage();
    const old = await begin(scene.client, 1);
    expect(await write(scene, old, { text: 'too late', version: 13 })).toBe(0);
    const stateOf = async (): Promise<string> =>
      (await scene.client.ask(describeTransactions, 0, { transactionalIds: [transactionalId] })).transactionStates[0]!
        .transactionState;
    while ((await stateOf()) !== 'CompleteAbort');
    const end = { transactionalId, ...old };
    expect(await scene.client.ask(endTxn, 5, { ...end, committed: true })).toMatchObject({ errorCode: 120 });
    const codeOfEnd = async (version: number): Promise<number> =>
      (await scene.client.ask(endTxn, version, { ...end, committed: true })).errorCode;
    expect([await codeOfEnd(0), await codeOfEnd(1), await codeOfEnd(2), await codeOfEnd(4)]).toEqual([47, 47, 90, 90]);
    expect(await add(scene, old, [0])).toEqual([90]);
    const toGroup = { transactionalId, ...old, groupId: group };
    expect(await scene.client.ask(addOffsetsToTxn, 4, toGroup)).toMatchObject({ errorCode: 120 });
    expect(await scene.client.ask(addOffsetsToTxn, 3, toGroup)).toMatchObject({ errorCode: 90 });
    expect(await scene.client.ask(addOffsetsToTxn, 1, toGroup)).toMatchObject({ errorCode: 47 });
    for (const version of [11, 13]) expect(await write(scene, old, { text: 'late', version, sequence: 1 })).toBe(47);
    const { errorCode, producerId, producerEpoch } = await scene.client.ask(endTxn, 5, { ...end, committed: false });
    expect({ errorCode, producerId }).toEqual({ errorCode: 0, producerId: old.producerId });
    const next = { producerId, producerEpoch };
    expect(await write(scene, next, { text: 'in time', version: 13 })).toBe(0);
  });

  // Kafka 4.4.0 gives one answer however often it is asked, in versions 3 to 5.
  it('X1 after a time-out a producer that says who it was goes on, however often the answer is lost', async () => {
    const scene = await stage();
    const old = await begin(scene.client, 1);
    await write(scene, old, { text: 'too late', version: 13 });
    const asked = { transactionalId, transactionTimeoutMs: 60_000, ...old };
    const answers = [];
    for (const version of [3, 4, 5]) answers.push(await scene.client.ask(initProducerId, version, asked));
    expect(new Set(answers.map(({ errorCode }) => errorCode))).toEqual(new Set([0]));
    expect(new Set(answers.map(({ producerEpoch }) => producerEpoch)).size).toBe(1);
    expect(answers[0]!.producerId).toBe(old.producerId);
  });

  it('X1 adds all partitions or none', async () => {
    const scene = await stage({ partitions: 2 });
    const producer = await begin(scene.client);
    expect(await add(scene, producer, [0, 7])).toEqual([55, 3]);
    expect(await add(scene, producer, [0], 'nowhere')).toEqual([3]);
    expect(await write(scene, producer, { text: 'a', version: 11 })).toBe(48);
    const twice = [0, 1].map((partition) => ({ name: 'orders', partitions: [partition] }));
    const { results } = await scene.client.ask(addPartitionsToTxn, 3, { transactionalId, ...producer, topics: twice });
    expect(results.flatMap((each) => each.results.map(({ errorCode }) => errorCode))).toEqual([0, 0]);
    expect(await write(scene, producer, { text: 'a', version: 11 })).toBe(0);
    const stranger = { producerId: 4711, producerEpoch: 0 };
    const end = { transactionalId: 'unheard-of', ...stranger, committed: true };
    expect(await scene.client.ask(endTxn, 5, end)).toMatchObject({ errorCode: 49 });
    expect(await write(scene, stranger, { text: 'a', version: 13 })).toBe(49);
  });
});

describe('X2 offsets in transactions of Kafka clients', () => {
  it('X2 a group has them once the transaction commits, and who asks for stable ones waits until then', async () => {
    const scene = await stage();
    const producer = await begin(scene.client);
    const toGroup = { transactionalId, ...producer, groupId: group };
    expect(await scene.client.ask(addOffsetsToTxn, 3, toGroup)).toMatchObject({ errorCode: 0 });
    const answer = await scene.client.ask(txnOffsetCommit, 3, { ...commitOf(5), ...producer });
    expect(answer.topics[0]!.partitions).toEqual([{ partitionIndex: 0, errorCode: 0 }]);
    expect(await groupOffset(scene, false)).toEqual({ committedOffset: -1, errorCode: 0 });
    expect(await groupOffset(scene, true)).toEqual({ committedOffset: -1, errorCode: 88 });
    const end = { transactionalId, ...producer, committed: true };
    expect(await scene.client.ask(endTxn, 3, end)).toMatchObject({ errorCode: 0 });
    expect(await groupOffset(scene, true)).toEqual({ committedOffset: 5, errorCode: 0 });
  });

  it('X2 a group keeps what it had when the transaction aborts, by name and by id', async () => {
    const scene = await stage();
    let producer = await begin(scene.client);
    for (const version of [5, 6]) {
      const [topic] = commitOf(7).topics;
      const topics = [{ ...topic!, topicId: scene.topicId }];
      const request = { ...commitOf(7), ...producer, topics };
      const answer = await scene.client.ask(txnOffsetCommit, version, request);
      expect(answer.topics[0]!.partitions).toEqual([{ partitionIndex: 0, errorCode: 0 }]);
      const { errorCode, ...next } = await scene.client.ask(endTxn, 5, {
        transactionalId,
        ...producer,
        committed: false,
      });
      expect(errorCode).toBe(0);
      producer = { producerId: next.producerId, producerEpoch: next.producerEpoch };
      expect(await groupOffset(scene, true)).toEqual({ committedOffset: -1, errorCode: 0 });
    }
  });

  it('X2 refuses a member that is none, and a producer that was fenced', async () => {
    const scene = await stage();
    const old = await begin(scene.client);
    const asMember = { ...commitOf(1), ...old, generationId: 3, memberId: 'nobody', groupInstanceId: null };
    const refused = await scene.client.ask(txnOffsetCommit, 3, asMember);
    // The group is not there, so no generation of it can be.
    expect(refused.topics[0]!.partitions[0]!.errorCode).toBe(22);
    await begin(scene.client);
    const late = await scene.client.ask(txnOffsetCommit, 5, { ...commitOf(1), ...old });
    expect(late.topics[0]!.partitions[0]!.errorCode).toBe(47);
  });
});

describe('X3 transactions, told to Kafka clients', () => {
  it('X3 lists and describes what is open', async () => {
    const scene = await stage();
    const producer = await begin(scene.client);
    await write(scene, producer, { text: 'a', version: 13 });
    const all = { stateFilters: [], producerIdFilters: [] };
    const line = { transactionalId, producerId: producer.producerId, transactionState: 'Ongoing' };
    const listed = (wish: Partial<typeof all> & { durationFilter?: number; stateFilters?: string[] }) =>
      scene.client.ask(listTransactions, 1, { ...all, ...wish });
    expect((await listed({})).transactionStates).toEqual([line]);
    expect((await listed({ stateFilters: ['Empty'] as never[] })).transactionStates).toEqual([]);
    expect((await listed({ stateFilters: ['Nonsense'] as never[] })).unknownStateFilters).toEqual(['Nonsense']);
    expect((await listed({ durationFilter: 3_600_000 })).transactionStates).toEqual([]);
    const transactionalIds = [transactionalId, 'unheard-of', transactionalId];
    const { transactionStates } = await scene.client.ask(describeTransactions, 0, { transactionalIds });
    const topics = [{ topic: 'orders', partitions: [0] }];
    expect(transactionStates).toHaveLength(2);
    expect(transactionStates[0]).toMatchObject({ errorCode: 0, transactionState: 'Ongoing', ...producer, topics });
    expect(transactionStates[0]!.transactionStartTimeMs).toBeGreaterThan(0);
    expect(transactionStates[1]).toMatchObject({ errorCode: 105, transactionalId: 'unheard-of' });
  });

  // Kafka 4.4.0: `[` and `(?=a)` give 128, an empty pattern takes all, a pattern fits the whole id.
  it('X3 v2 lists the ids that fit a pattern as a whole', async () => {
    const { client } = await stage();
    await begin(client);
    const listed = async (transactionalIdPattern: string | null) => {
      const asked = { stateFilters: [], producerIdFilters: [], transactionalIdPattern };
      const { errorCode, transactionStates } = await client.ask(listTransactions, 2, asked);
      return errorCode === 0 ? transactionStates.map((each) => each.transactionalId) : errorCode;
    };
    for (const pattern of [null, '', 'bill.*', '(?i)BILLING-1'])
      expect(await listed(pattern)).toEqual([transactionalId]);
    for (const pattern of ['bill', 'BILLING-1', 'ing-1']) expect(await listed(pattern)).toEqual([]);
    for (const pattern of ['[', '(?=a)', 'a'.repeat(1_000)]) expect(await listed(pattern)).toBe(128);
  });
});
