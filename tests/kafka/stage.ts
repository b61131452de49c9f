import { connect } from '@q/client';
import { batchCodec, Fetch } from '@q/protocol';
import type { Q } from '@q/client';
import type { ClientProgram, Running } from './client-program.ts';
import { WireConnection } from '../wire-connection.ts';
import type { KafkaBroker } from './kafka-broker.ts';
import type { MemberArgs, ReadRecord, ResultOf, WireRecord } from './operations.ts';

export interface StageOptions {
  readonly broker: KafkaBroker;
  /** Starts one more program of the client. */
  readonly startProgram: () => ClientProgram;
  /** See `ReadyClient.example`. */
  readonly example: readonly string[] | undefined;
  /** In the names of this feature's topics and groups, so that no two features meet. */
  readonly prefix: string;
  readonly seed: number;
}

/**
 * What one feature is tried on: a broker, a program of the client, and the native client, which sees the same topics.
 *
 * Invariant: every program that was started through it has ended when it is disposed of.
 */
export class Stage implements AsyncDisposable {
  readonly client: ClientProgram;
  readonly broker: KafkaBroker;
  readonly seed: number;
  /** The command of the program in `examples/kafka`, if there is one for this client. */
  readonly example: readonly string[] | undefined;
  readonly #startProgram: () => ClientProgram;
  readonly #programs: ClientProgram[] = [];
  readonly #prefix: string;
  #q: Promise<Q> | null = null;
  #names = 0;

  constructor({ broker, startProgram, example, prefix, seed }: StageOptions, client: ClientProgram) {
    this.broker = broker;
    this.client = client;
    this.seed = seed;
    this.example = example;
    this.#startProgram = startProgram;
    this.#prefix = prefix;
  }

  /** The native client. After a crash of the broker it is another one, as its port is. */
  get q(): Promise<Q> {
    return (this.#q ??= connect(this.broker.url, { retry: { maxMs: 200 } }));
  }

  /** Kills the broker, and starts it again where clients expect it. */
  async crash(): Promise<void> {
    const before = await this.#q;
    this.#q = null;
    await before?.close({ timeoutMs: 0 });
    await this.broker.crash();
  }

  /** One more program of the client, such as another member of a group. */
  program(): ClientProgram {
    const program = this.#startProgram();
    this.#programs.push(program);
    return program;
  }

  /** A member in a program of its own, so that it can be killed. */
  member(args: MemberArgs): Member {
    return new Member(this.program(), args);
  }

  /** A name that nothing else has. */
  name(what: string): string {
    return `${this.#prefix}-${what}-${(this.#names += 1)}`;
  }

  /** A new topic, made by the native client. It keeps what is old: records here have times of long ago. */
  async topic({
    partitions = 1,
    config = {},
  }: { partitions?: number; config?: Record<string, string> } = {}): Promise<string> {
    const name = this.name('topic');
    await (await this.q).admin.createTopic(name, { partitions, config: { 'retention.ms': '-1', ...config } });
    return name;
  }

  /** Everything in a topic, by the native client, by partition and offset. */
  async stored(topic: string): Promise<ReadRecord[]> {
    const records: ReadRecord[] = [];
    for await (const message of (await this.q).consumer(topic, { from: 'earliest', stopAtEnd: true })) {
      records.push({
        partition: message.partition,
        offset: message.offset,
        key: base64(message.key),
        value: base64(message.value),
        headers: message.headers.map(({ key, value }) => [key, base64(value) ?? '']),
        timestampMs: message.timestampMs,
      });
    }
    return records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
  }

  /** How the first batch of a topic is stored. */
  async codecOf(topic: string): Promise<string> {
    await using wire = await WireConnection.open(this.broker.url);
    const partitions = [{ partition: 0, leaderEpoch: -1, fetchOffset: 0, maxBytes: 1 }];
    const topics = [{ topicId: await wire.topicId(topic), partitions }];
    const answer = await wire.call(Fetch, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1,
      isolation: 0,
      throttleWaitMs: -1,
      topics,
    });
    return batchCodec(answer.topics[0]!.partitions[0]!.records);
  }

  /** Writes records by the native client. */
  async store(
    topic: string,
    records: readonly WireRecord[],
    compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd' = 'none',
  ): Promise<void> {
    await using producer = (await this.q).producer({ compression });
    await producer.sendBatch(
      topic,
      records.map(({ partition, key, value, headers, timestampMs }) => ({
        partition,
        timestampMs,
        ...(key !== null && { key: Buffer.from(key, 'base64') }),
        ...(value !== null && { value: Buffer.from(value, 'base64') }),
        headers: headers.map(([name, header]) => ({ key: name, value: Buffer.from(header, 'base64') })),
      })),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()));
    await (await this.#q)?.close({ timeoutMs: 0 });
  }
}

/** A member of a group at work, and what it has told. */
export class Member {
  readonly #program: ClientProgram;
  readonly #running: Running<ResultOf<'member'>>;

  constructor(program: ClientProgram, args: MemberArgs) {
    this.#program = program;
    this.#running = program.begin('member', args);
  }

  /** What it has now. */
  get partitions(): readonly number[] {
    return this.assignments.at(-1) ?? [];
  }

  /** What it has had, one after the other. */
  get assignments(): readonly (readonly number[])[] {
    return this.#running.events
      .filter(({ name }) => name === 'assigned')
      .map(({ data }) => (data['partitions'] as number[]).toSorted((a, b) => a - b));
  }

  /** What it has read, in its order. */
  get records(): readonly ReadRecord[] {
    return this.#running.events
      .filter(({ name }) => name === 'records')
      .flatMap(({ data }) => data['records'] as ReadRecord[]);
  }

  until(what: string, isThere: () => boolean, timeoutMs = 30_000): Promise<void> {
    return this.#running.until(what, isThere, timeoutMs);
  }

  /** Leaves in an orderly way, and ends its program. */
  async leave(): Promise<void> {
    await this.#running.stop();
    await this.#program.kill();
  }

  /** SIGKILL. */
  kill(): Promise<void> {
    return this.#program.kill();
  }
}

function base64(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64');
}
