import type { Mutation } from './mutation.ts';

/** Bugs of the broker: what it hands out and what it answers. */
export const brokerMutations: readonly Mutation[] = [
  {
    name: 'serve above the high watermark',
    file: 'packages/broker/src/services/fetch/fetch-plan.ts',
    find: "  const isAtEnd = offset >= highWatermark;\n",
    replace: "  const isAtEnd = offset >= log.logEndOffset;\n  if (!isAtEnd && maxBytes > 0) {\n    const all = log.read({ offset, maxBytes, upTo: 'end' });\n    return all instanceof Promise ? all : succeeded(all);\n  }\n",
  },
  { name: 'answer before the records are durable', file: 'packages/broker/src/services/append/append-result.ts', find: 'this.#isSettled = o.append === null;', replace: 'this.#isSettled = true;' },
  { name: 'answer a failed append as a success', file: 'packages/broker/src/services/append/append-result.ts', find: 'if (!this.#isRefused) this.fail((this.#settling as Settling).errorOf(error));', replace: 'void error;' },
  { name: 'the expected answer is sent although an append failed', file: 'packages/broker/src/services/append/append-result.ts', find: '    this.#asExpected = false;\n', replace: '' },
  { name: 'hand out a producer id twice', file: 'packages/broker/src/services/producers/producer-id-blocks.ts', find: 'value: String(firstId + size)', replace: 'value: String(firstId)' },
  { name: 'a broker keeps chunks that were lent', test: 'packages/broker/test/transport/connection.test.ts', file: 'packages/broker/src/session/native/native-session.ts', find: 'chunksAreLent: true', replace: 'chunksAreLent: false' },
  { name: 'a broker keeps lent chunks that it has not looked at', test: 'packages/broker/test/transport/connection.test.ts', file: 'packages/broker/src/transport/connection.ts', find: '    this.#session.keepChunks();\n', replace: '' },
  { name: 'handlers keep memory that was lent', test: 'packages/broker/test/session/native/dispatcher.test.ts', file: 'packages/broker/src/session/native/dispatcher.ts', find: 'request.isLent ? this.#copyFor(route, frame) : frame', replace: 'frame' },
  { name: 'the memory of a frame is used again although a check of it failed, and may still go on', test: 'packages/broker/test/services/append/append-service.test.ts', file: 'packages/broker/src/session/native/apis/produce.ts', find: 'if (late.results.every(({ error }) => error === null)) letGoOfFrame', replace: 'letGoOfFrame' },
  { name: 'a linked block of lz4 is read without what was before it', test: 'packages/protocol/test/compression/lz4-slices.test.ts', file: 'packages/protocol/src/compression/lz4.ts', find: 'output.subarray(Math.max(0, length - windowBytes), length)', replace: 'output.subarray(length, length)' },
  { name: 'the content checksum of lz4 is not looked at', test: 'packages/protocol/test/compression/lz4-slices.test.ts', file: 'packages/protocol/src/compression/lz4.ts', find: '    if (frame.hasContentChecksum) await checkContent(bytes, output, pause);\n', replace: '' },
  { name: 'a partition that could not be opened stays out', test: 'packages/broker/test/services/topics/try-again.test.ts', file: 'packages/broker/src/services/topics/topic-registry.ts', find: "(error.code === 'STORAGE_FAILED' || error.code === 'STORAGE_FULL')", replace: "error.code === 'CLOSED'" },
  {
    name: 'a partition that is going to be opened again is said to be lost',
    test: 'packages/broker/test/services/topics/try-again.test.ts',
    file: 'packages/broker/src/services/topics/topic.ts',
    find: 'if (!this.#isTriedAgain) throw error;',
    replace: 'throw error;',
  },
  { name: 'a topic is there before its record is durable', isRare: true, file: 'packages/broker/src/metadata/log-metadata-store.ts', find: '    await durable;\n', replace: '    void durable.catch(() => undefined);\n' },
  { name: 'records are taken in a term that is not noted', test: 'packages/broker/test/full-disk-start.test.ts', file: 'packages/broker/src/open-services.ts', find: '  lateTerm.start();\n', replace: '' },
];

/** Bugs of the client: what it sends again and what it tells its user. */
export const clientMutations: readonly Mutation[] = [
  { name: 'a lent batch is taken back while it is in hand', test: 'tests/integration/lent-batches.test.ts', file: 'packages/client/src/consumer/record-stream.ts', find: '    if (o.lend) this.#lent = batch;\n', replace: '    if (o.lend) batch.reader.giveBack(batch.bytes);\n' },
  { name: 'the memory of a frame is used again while batches of it wait', test: 'tests/integration/lent-batches.test.ts', file: 'packages/client/src/consumer/partition-reader.ts', find: '      this.#frames.retain(batch);\n', replace: '' },
  { name: 'the memory of a batch is used again although a copy may be on its way', test: 'packages/client/test/producer/outgoing-batch.test.ts', file: 'packages/client/src/producer/outgoing-batch.ts', find: 'mayReuse: this.#sends === 1', replace: 'mayReuse: true' },
  {
    name: 'the delivery time-out of a record that waited counts anew from its batch',
    test: 'packages/client/test/producer/deadlines.test.ts',
    file: 'packages/client/src/producer/accumulator.ts',
    find: '    if (deadlineMs < batch.deadlineMs) batch.deadlineMs = deadlineMs;\n',
    replace: '',
  },
  {
    name: 'a record has no more time left than one that waited long before it',
    test: 'packages/client/test/producer/deadlines.test.ts',
    file: 'packages/client/src/producer/accumulator.ts',
    find: '    if (deadlineMs - topic.earliestDeadlineMs <= this.#options.deliveryTimeoutMs / 2) return;\n',
    replace: '    if (deadlineMs > 0) return;\n',
  },
  { name: 'a record overtakes those that wait behind the first', test: 'packages/client/test/producer/producer.test.ts', file: 'packages/client/src/producer/parking.ts', find: 'topic.hasParked = topic.parked.length > 0;', replace: 'topic.hasParked = false;' },
  { name: 'an unknown outcome is called a failure', file: 'packages/client/src/producer/outcome.ts', find: "outcome: o.maybeStored ? 'unknown' : 'not-stored' }", replace: "outcome: 'not-stored' }" },
  {
    name: 'send again under a new sequence',
    file: 'packages/client/src/producer/partition-queue.ts',
    find: "    batch.state = 'stamped';\n    this.#window = 1;\n    this.notBeforeMs",
    replace: "    batch.state = 'stamped';\n    if (this.isFirst(batch) && this.#stamped.length === 1) this.#stampNew(batch);\n    this.#window = 1;\n    this.notBeforeMs",
  },
  { name: 'keep chunks that were lent', file: 'packages/client/src/connection/connection.ts', find: 'chunksAreLent: true', replace: 'chunksAreLent: false' },
  { name: 'a consumer passes by the first record of what it fetched', file: 'packages/client/src/consumer/partition-reader.ts', find: '      this.#fetchOffset = lastOffset + 1;', replace: '      this.#fetchOffset = lastOffset + 2;' },
  { name: 'a consumer reads ahead from where it reads', file: 'packages/client/src/consumer/partition-reader.ts', find: '    if (position > this.#position) this.#position = position;', replace: '    this.#position = position - 1;' },
  { name: 'the metadata store shows what is not durable', test: 'packages/broker/test/metadata/lost-writes.test.ts', file: 'packages/broker/src/metadata/log-metadata-store.ts', find: '    await durable;\n    const entry = this.#fold(key, value, baseOffset);\n', replace: '    const entry = this.#fold(key, value, baseOffset);\n    await durable;\n' },
  { name: 'producer ids are handed out before their block is durable', test: 'packages/broker/test/metadata/lost-writes.test.ts', file: 'packages/broker/src/services/producers/producer-id-blocks.ts', find: 'const { isSet } = await this.#metadata.compareAndSet(claim);', replace: 'this.#metadata.compareAndSet(claim).catch(() => undefined);\n        const isSet = true;' },
  { name: 'bytes that are gone are stored as none, of a record that waits', test: 'packages/client/test/producer/wrong-records.test.ts', file: 'packages/client/src/topic/serde.ts', find: '  if (view.length > 0) return true;\n', replace: '  if (view.length >= 0) return true;\n' },
  { name: 'what a getter of a record throws comes out of enqueue', test: 'packages/client/test/producer/wrong-records.test.ts', file: 'packages/client/src/producer/producer.ts', find: '      throw refusedRecord(thrown, record);', replace: '      throw thrown;' },
];
