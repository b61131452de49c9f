/*
 * The same batches through one of the two doors, with nothing of a client around them: frames that were made before go
 * out, a fixed number unanswered, and their answers are counted. What the broker takes for a record is the door's.
 *
 * - `produce`: each frame has one batch for one partition.
 * - `consume`: one fetch at a time, of the records that `produce` has left, again and again.
 */
import {
  CreateTopic,
  decodeResponseBody,
  encodeRequest,
  Fetch,
  Hello,
  helloMagic,
  isolationCode,
  Produce,
} from '@q/protocol';
import type { Api } from '@q/protocol';
import { fetch } from '../../../packages/kafka-gateway/src/messages/fetch.ts';
import { produce } from '../../../packages/kafka-gateway/src/messages/produce.ts';
import { FullBatches } from '../ceiling/full-batch.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';
import { FrameLink } from './frame-link.ts';
import { kafkaAnswer, kafkaRequest } from './kafka-frames.ts';

export interface DoorFramesOptions {
  readonly work: 'produce' | 'consume';
  readonly door: 'native' | 'kafka';
  readonly nativePort: number;
  readonly kafkaPort: number;
  readonly topic: string;
  readonly valueBytes: number;
  readonly batchBytesMax: number;
  readonly inFlightMax: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

const options = workerOptions<DoorFramesOptions>();
/** What is read again and again: less than the broker keeps in memory. */
const readBytes = 24 << 20;
const fetchBytesMax = 1 << 20;
const timeoutMs = 30_000;
const produceVersion = 13;
const fetchVersion = 17;

const native = await FrameLink.open(options.nativePort);
await askNative(Hello, { magic: helloMagic, clientId: 'q-bench', software: 'q-bench', softwareVersion: '0' });
const topicId = await createTopic();
const { batch, records: batchRecords } = new FullBatches({
  valueBytes: options.valueBytes,
  isVaried: true,
  codec: 'none',
  batchBytesMax: options.batchBytesMax,
}).next();

async function askNative<Q, A>(api: Api<Q, A>, body: Q): Promise<A> {
  const answer = native.next();
  native.send(nativeRequest(api, body));
  return decodeResponseBody(api, 0, await answer);
}

function nativeRequest<Q, A>(api: Api<Q, A>, body: Q): Buffer {
  return Buffer.concat(encodeRequest(api, { version: 0, correlationId: 1, body }));
}

async function createTopic(): Promise<string> {
  const answer = await askNative(CreateTopic, {
    name: options.topic,
    partitions: 1,
    replicas: 1,
    configs: [],
    validateOnly: false,
  });
  return answer.topicId;
}

/** Keeps frames under way while `goesOn`, and resolves to the records of all that was acknowledged. */
function sendWhile(link: FrameLink, frame: Buffer, goesOn: () => boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    let inFlight = 0;
    let acknowledged = 0;
    const fill = (): void => {
      for (; inFlight < options.inFlightMax && goesOn(); inFlight += 1) link.send(frame);
      if (inFlight === 0) resolve(acknowledged);
    };
    link.listen((answer) => {
      if (errorOfProduce(answer) !== 0) reject(new Error(`error ${errorOfProduce(answer)}`));
      inFlight -= 1;
      acknowledged += batchRecords;
      fill();
    }, reject);
    fill();
  });
}

function errorOfProduce(frame: Buffer): number {
  return options.door === 'native'
    ? decodeResponseBody(Produce, 0, frame).topics[0]!.partitions[0]!.errorCode
    : kafkaAnswer(produce, produceVersion, frame).responses[0]!.partitionResponses[0]!.errorCode;
}

function produceFrame(): Buffer {
  if (options.door === 'native') {
    const partitions = [{ partition: 0, leaderEpoch: -1, records: batch }];
    return nativeRequest(Produce, { timeoutMs, topics: [{ topicId, partitions }], traceContexts: [] });
  }
  const partitionData = [{ index: 0, records: [batch] }];
  return kafkaRequest(produce, produceVersion, { acks: -1, timeoutMs, topicData: [{ topicId, partitionData }] });
}

function fetchFrame(fetchOffset: number): Buffer {
  const wanted = { maxWaitMs: 0, minBytes: 1, maxBytes: fetchBytesMax };
  if (options.door === 'native') {
    const partitions = [{ partition: 0, leaderEpoch: -1, fetchOffset, maxBytes: fetchBytesMax }];
    return nativeRequest(Fetch, {
      ...wanted,
      isolation: isolationCode.readUncommitted,
      throttleWaitMs: -1,
      topics: [{ topicId, partitions }],
    });
  }
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: fetchBytesMax }];
  return kafkaRequest(fetch, fetchVersion, { ...wanted, isolationLevel: 0, topics: [{ topicId, partitions }] });
}

function recordsOf(frame: Buffer): readonly Buffer[] {
  if (options.door === 'native') return [decodeResponseBody(Fetch, 0, frame).topics[0]!.partitions[0]!.records];
  return kafkaAnswer(fetch, fetchVersion, frame).responses[0]!.partitions[0]!.records ?? [];
}

/** Reads the whole log, from its start again and again, while `goesOn`. */
async function readWhile(link: FrameLink, goesOn: () => boolean): Promise<number> {
  let read = 0;
  for (let offset = 0; goesOn();) {
    const answer = link.next();
    link.send(fetchFrame(offset));
    const bytes = recordsOf(await answer).reduce((sum, { length }) => sum + length, 0);
    if (bytes % batch.length !== 0) throw new Error(`${bytes} bytes are no whole batches`);
    const records = (bytes / batch.length) * batchRecords;
    read += records;
    offset = bytes === 0 ? 0 : offset + records;
  }
  return read;
}

const link = options.door === 'native' ? native : await FrameLink.open(options.kafkaPort);
const frame = produceFrame();
const forMs = (durationMs: number): (() => boolean) => {
  const untilMs = performance.now() + durationMs;
  return () => performance.now() < untilMs;
};
let work: (goesOn: () => boolean) => Promise<number> = (goesOn) => sendWhile(link, frame, goesOn);
if (options.work === 'consume') {
  let batchesLeft = Math.floor(readBytes / batch.length);
  await sendWhile(link, frame, () => batchesLeft-- > 0);
  work = (goesOn) => readWhile(link, goesOn);
}
await work(forMs(options.warmUpMs));
await report('measuring');
const startMs = performance.now();
const records = await work(forMs(options.measureMs));
await report('result', { records, elapsedMs: performance.now() - startMs });
