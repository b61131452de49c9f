import {
  apiByKey,
  apis,
  CreateTopic,
  decodeRequestBody,
  decodeRequestHeader,
  encodeErrorResponse,
  encodeResponse,
  errorCode,
  Fetch,
  FrameDecoder,
  Hello,
  InitProducer,
  ListOffsets,
  Metadata,
  Ping,
  Produce,
  QError,
} from '@q/protocol';
import type {
  Api,
  ApiName,
  ErrorName,
  FetchRequest,
  FetchResponse,
  HelloResponse,
  ListOffsetsRequest,
  ListOffsetsResponse,
  MetadataRequest,
  MetadataResponse,
  ProduceRequest,
  ProduceResponse,
} from '@q/protocol';

import type { Clock } from '../../src/clock.ts';
import { FakeLog } from './fake-log.ts';
import type { BrokerEnd, BrokerEndEvents } from './memory-network.ts';

export interface FakeTopic {
  readonly name: string;
  topicId: string;
  readonly logs: FakeLog[];
  maxMessageBytes: number;
  cleanupPolicy: string;
  leaders: { leaderId: number; leaderEpoch: number }[];
}

/** What happens to a request: `before` it is carried out, or `after`, when only its answer is missing. */
export type FaultPoint = 'before' | 'after';
export type RequestFault = 'none' | 'cut' | 'silence' | ErrorName;

/** Decides on a fault. `request` counts the requests of this API, from 0. */
export type FaultPlan = (o: { api: ApiName; request: number; point: FaultPoint }) => RequestFault;
/** Decides on a fault of one partition of a PRODUCE: an error instead of storing, or in spite of it. */
export type ProducePlan = (o: { request: number; partition: number; point: FaultPoint }) => ErrorName | 'none';

type Handler = (body: never) => unknown;

/**
 * A broker that keeps its logs in memory, speaks the real protocol byte for byte, and fails as it is told to.
 */
export class FakeBroker {
  readonly brokerId: number;
  readonly topics = new Map<string, FakeTopic>();
  readonly #clock: Clock;
  readonly #connections = new Set<BrokerEnd>();
  readonly #counts = new Map<ApiName, number>();
  /** Instead of the built-in behaviour. */
  readonly handlers = new Map<ApiName, Handler>();
  /** Every request, in order of arrival. */
  readonly requests: { readonly api: ApiName; readonly body: unknown }[] = [];
  faults: FaultPlan = () => 'none';
  produceFaults: ProducePlan = () => 'none';
  /** What it asks of whoever was refused. */
  retryAfterMs = 0;
  /** For how long it says that it has held answers because of a quota. */
  throttleTimeMs = 0;
  hello: Partial<HelloResponse> = {};
  answerDelayMs = 0;
  #nextProducerId = 1_000;
  #nextTopic = 1;

  constructor(o: { clock: Clock; brokerId?: number }) {
    this.#clock = o.clock;
    this.brokerId = o.brokerId ?? 1;
  }

  get connections(): number {
    return this.#connections.size;
  }

  topic(name: string, o: { partitions?: number; maxMessageBytes?: number; cleanupPolicy?: string } = {}): FakeTopic {
    const partitions = o.partitions ?? 1;
    const topic: FakeTopic = {
      name,
      topicId: `00000000-0000-4000-8000-${String(this.#nextTopic).padStart(12, '0')}`,
      logs: Array.from({ length: partitions }, () => new FakeLog()),
      maxMessageBytes: o.maxMessageBytes ?? 1 << 20,
      cleanupPolicy: o.cleanupPolicy ?? 'delete',
      leaders: Array.from({ length: partitions }, () => ({ leaderId: this.brokerId, leaderEpoch: 0 })),
    };
    this.#nextTopic += 1;
    this.topics.set(name, topic);
    return topic;
  }

  requestsOf<T>(api: ApiName): T[] {
    return this.requests.filter((request) => request.api === api).map(({ body }) => body as T);
  }

  cutAll(): void {
    for (const connection of this.#connections) connection.cut();
  }

  accept = (end: BrokerEnd): BrokerEndEvents => {
    this.#connections.add(end);
    const decoder = new FrameDecoder({ frameBytesMax: 1 << 26 });
    return {
      onData: (chunk) => {
        decoder.push(chunk);
        for (let frame = decoder.next(); frame !== null && end.isOpen; frame = decoder.next())
          this.#received(end, frame);
      },
      onClose: () => void this.#connections.delete(end),
    };
  };

  #received(end: BrokerEnd, frame: Buffer): void {
    const { apiKey, apiVersion, correlationId } = decodeRequestHeader(frame);
    const api = apiByKey(apiKey) as Api<unknown, unknown>;
    const body = decodeRequestBody(api, apiVersion, Buffer.from(frame));
    const request = this.#counts.get(api.name) ?? 0;
    this.#counts.set(api.name, request + 1);
    this.requests.push({ api: api.name, body });
    const answer = (buffers: Buffer[]): void => {
      this.#clock.schedule(this.answerDelayMs, () => {
        if (end.isOpen) end.send(buffers);
      });
    };
    if (this.#struck(end, { api: api.name, request, point: 'before', correlationId, answer })) return;
    void this.#handle(api, body).then(
      (result) => {
        if (this.#struck(end, { api: api.name, request, point: 'after', correlationId, answer })) return;
        answer(encodeResponse(api, { version: apiVersion, correlationId, body: result }));
      },
      (error: unknown) =>
        answer(
          encodeErrorResponse({
            correlationId,
            error: QError.is(error) ? error : new QError('UNKNOWN', String(error)),
          }),
        ),
    );
  }

  #struck(
    end: BrokerEnd,
    o: { api: ApiName; request: number; point: FaultPoint; correlationId: number; answer: (buffers: Buffer[]) => void },
  ): boolean {
    const fault = this.faults(o);
    if (fault === 'none') return false;
    if (fault === 'cut') end.cut();
    else if (fault !== 'silence')
      o.answer(
        encodeErrorResponse({ correlationId: o.correlationId, error: new QError(fault, `told to answer ${fault}`) }),
      );
    return true;
  }

  async #handle(api: Api<unknown, unknown>, body: unknown): Promise<unknown> {
    const handler = this.handlers.get(api.name);
    if (handler !== undefined) return handler(body as never);
    switch (api.key) {
      case Hello.key:
        return this.#hello();
      case Metadata.key:
        return this.#metadata(body as MetadataRequest);
      case Produce.key:
        return this.#produce(body as ProduceRequest);
      case Fetch.key:
        return this.#fetch(body as FetchRequest);
      case ListOffsets.key:
        return this.#listOffsets(body as ListOffsetsRequest);
      case InitProducer.key:
        return this.#initProducer(body as { producerId: number; producerEpoch: number });
      case Ping.key:
        return body;
      case CreateTopic.key:
        return this.#createTopic(body as { name: string; partitions: number });
      default:
        throw new QError('UNKNOWN_API', `the fake broker does not know ${api.name}`);
    }
  }

  #hello(): HelloResponse {
    return {
      brokerId: this.brokerId,
      clusterId: 'fake-cluster',
      software: 'fake',
      softwareVersion: '0',
      frameBytesMax: 16 << 20,
      requestsInFlightMax: 100,
      features: [],
      authMechanisms: [],
      apis: apis.map(({ key, versions }) => ({ key, ...versions })),
      ...this.hello,
    };
  }

  #metadata(body: MetadataRequest): MetadataResponse {
    const names = body.topics ?? [...this.topics.keys()];
    return {
      clusterId: 'fake-cluster',
      brokers: this.#brokers(),
      topics: names.map((name) => {
        const topic = this.topics.get(name);
        const common = {
          name,
          internal: false,
          cleanupPolicy: topic?.cleanupPolicy ?? '',
          maxMessageBytes: topic?.maxMessageBytes ?? 0,
        };
        if (topic === undefined) {
          return {
            ...common,
            errorCode: errorCode('UNKNOWN_TOPIC'),
            errorMessage: `there is no topic ${name}`,
            topicId: '00000000-0000-0000-0000-000000000000',
            partitions: [],
          };
        }
        const partitions = topic.leaders.map((leader, partition) => ({
          partition,
          errorCode: 0,
          ...leader,
          replicas: [leader.leaderId],
          inSyncReplicas: [leader.leaderId],
        }));
        return { ...common, errorCode: 0, errorMessage: null, topicId: topic.topicId, partitions };
      }),
    };
  }

  /** Other brokers of the cluster, by id, beside this one. */
  readonly peers = new Map<number, { host: string; port: number }>();

  #brokers(): { id: number; host: string; port: number }[] {
    return [{ id: this.brokerId, host: '', port: 0 }, ...[...this.peers].map(([id, address]) => ({ id, ...address }))];
  }

  #byId(topicId: string): FakeTopic | undefined {
    return [...this.topics.values()].find((topic) => topic.topicId === topicId);
  }

  #produce(body: ProduceRequest): ProduceResponse {
    const request = (this.#counts.get('PRODUCE') ?? 1) - 1;
    const topics = body.topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partition, records }) => {
        const refuse = (name: ErrorName): ProduceResponse['topics'][number]['partitions'][number] => ({
          partition,
          errorCode: errorCode(name),
          errorMessage: `told to answer ${name}`,
          baseOffset: -1,
          logAppendTimeMs: -1,
          logStartOffset: -1,
          duplicate: false,
          durability: 3,
        });
        const topic = this.#byId(topicId);
        if (topic === undefined) return refuse('UNKNOWN_TOPIC_ID');
        const log = topic.logs[partition];
        if (log === undefined) return refuse('UNKNOWN_PARTITION');
        if (topic.leaders[partition]?.leaderId !== this.brokerId) return refuse('NOT_LEADER');
        if (records.length > topic.maxMessageBytes) return refuse('BATCH_TOO_LARGE');
        const before = this.produceFaults({ request, partition, point: 'before' });
        if (before !== 'none') return refuse(before);
        const result = log.append(records);
        const after = this.produceFaults({ request, partition, point: 'after' });
        if (after !== 'none') return refuse(after);
        if (typeof result === 'string') return refuse(result);
        return {
          ...refuse('NONE'),
          errorMessage: null,
          baseOffset: result.offset,
          logStartOffset: 0,
          duplicate: result.duplicate,
        };
      }),
    }));
    return { topics, retryAfterMs: this.retryAfterMs, throttleTimeMs: this.throttleTimeMs };
  }

  /** A long poll looks again every so often until its time is over. */
  async #fetch(body: FetchRequest): Promise<FetchResponse> {
    const untilMs = this.#clock.monotonic() + body.maxWaitMs;
    for (;;) {
      const response = this.#fetchNow(body);
      const bytes = response.topics.reduce(
        (sum, { partitions }) => sum + partitions.reduce((all, { records }) => all + records.length, 0),
        0,
      );
      const failed = response.topics.some(({ partitions }) =>
        partitions.some((partition) => partition.errorCode !== 0),
      );
      if (bytes >= body.minBytes || failed || this.#clock.monotonic() >= untilMs) return response;
      await new Promise<void>((resolve) => void this.#clock.schedule(10, resolve));
    }
  }

  #fetchNow(body: FetchRequest): FetchResponse {
    let leftBytes = body.maxBytes;
    const topics = body.topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partition, fetchOffset, maxBytes }) => {
        const refuse = (name: ErrorName): FetchResponse['topics'][number]['partitions'][number] => ({
          partition,
          errorCode: errorCode(name),
          errorMessage: null,
          highWatermark: -1,
          lastStableOffset: -1,
          logStartOffset: -1,
          records: Buffer.alloc(0),
          aborted: [],
        });
        const topic = this.#byId(topicId);
        const log = topic?.logs[partition];
        if (topic === undefined || log === undefined) return refuse('UNKNOWN_TOPIC_ID');
        if (topic.leaders[partition]?.leaderId !== this.brokerId) return refuse('NOT_LEADER');
        if (fetchOffset < log.startOffset || fetchOffset > log.endOffset) return refuse('OFFSET_OUT_OF_RANGE');
        const records = leftBytes > 0 ? log.read(fetchOffset, Math.min(maxBytes, leftBytes)) : Buffer.alloc(0);
        leftBytes -= records.length;
        return {
          ...refuse('NONE'),
          highWatermark: log.endOffset,
          lastStableOffset: log.endOffset,
          logStartOffset: log.startOffset,
          records,
        };
      }),
    }));
    return { topics, throttleTimeMs: this.throttleTimeMs };
  }

  #listOffsets(body: ListOffsetsRequest): ListOffsetsResponse {
    return {
      topics: body.topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partition, timestampMs }) => {
          const topic = this.#byId(topicId);
          const log = topic?.logs[partition];
          const none = {
            partition,
            errorCode: errorCode('NOT_LEADER'),
            errorMessage: null,
            offset: -1,
            timestampMs: -1,
            leaderEpoch: 0,
          };
          if (log === undefined || topic?.leaders[partition]?.leaderId !== this.brokerId) return none;
          const offset =
            timestampMs === -1
              ? log.endOffset
              : timestampMs === -2
                ? log.startOffset
                : this.#offsetAt(log, timestampMs);
          return { ...none, errorCode: 0, offset };
        }),
      })),
    };
  }

  #offsetAt(log: FakeLog, timestampMs: number): number {
    for (const batch of log.batches)
      if (Number(batch.readBigInt64BE(35)) >= timestampMs) return Number(batch.readBigInt64BE(0));
    return -1;
  }

  #initProducer(body: { producerId: number; producerEpoch: number }): { producerId: number; producerEpoch: number } {
    if (body.producerId !== -1) return { producerId: body.producerId, producerEpoch: body.producerEpoch + 1 };
    this.#nextProducerId += 1;
    return { producerId: this.#nextProducerId, producerEpoch: 0 };
  }

  #createTopic(body: { name: string; partitions: number }): unknown {
    if (this.topics.has(body.name)) throw new QError('TOPIC_EXISTS', `topic ${body.name} exists`);
    const topic = this.topic(body.name, { partitions: Math.max(1, body.partitions) });
    return { topicId: topic.topicId, partitions: topic.logs.length, replicas: 1, configs: [] };
  }
}
