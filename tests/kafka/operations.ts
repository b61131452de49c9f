/**
 * What every client program can be asked to do. A program reads one request a line from its standard input, and writes
 * one message a line to its standard output, all of it JSON:
 *
 *   →  {"id":7,"op":"produce","args":{…}}
 *   ←  {"id":7,"ok":{…}}                                   the result
 *   ←  {"id":7,"error":"…","code":"UNKNOWN_TOPIC_OR_PARTITION"}   what the client said; `code` as the client names it
 *   ←  {"id":7,"cannot":"has no lz4"}                      the client has no such thing; shown in the table
 *   ←  {"id":8,"event":"assigned","data":{…}}              while `member`, `transfer`, `streams`, `connect` or `load` runs
 *   →  {"id":9,"op":"stop","args":{"id":8}}                ends it; request 8 is answered then, request 9 is not
 *
 * Programs only do: what came of it is checked by the rig, in the same way for all clients. Keys, values and header
 * values are Base64, or null. Several requests may be under way at once. The end of standard input ends the program.
 */
export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
export const codecs: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
/** -1 is `all`. */
export type Acks = 0 | 1 | -1;

export interface WireRecord {
  readonly partition: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly timestampMs: number;
}

export interface ReadRecord extends WireRecord {
  readonly offset: number;
}

export type From = 'start' | 'end' | { readonly offset: number } | { readonly timeMs: number };

type Nothing = Readonly<Record<string, never>>;

/** Names of topics, groups and partitions, as most operations take them. */
interface InTopic {
  readonly topic: string;
}
interface InPartition extends InTopic {
  readonly partition: number;
}
interface InGroup {
  readonly group: string;
}

export interface ProduceArgs extends InTopic {
  readonly codec: Codec;
  readonly acks: Acks;
  readonly isIdempotent: boolean;
  /** One batch for each partition, if the client lets its caller say so. */
  readonly records: readonly WireRecord[];
  /** Makes the producer a transactional one, which begins one transaction and ends it. */
  readonly transactionalId?: string;
  /** How the transaction ends. Default: commit. */
  readonly outcome?: 'commit' | 'abort';
  /** The client's own limit of a request, where it has one. Default: large enough for `records`. */
  readonly requestBytesMax?: number;
}

export interface MemberArgs extends InGroup, InTopic {
  readonly instanceId?: string;
  readonly sessionTimeoutMs: number;
  /** Of the whole run: a new group begins at the start, and what was read is committed at once. */
  readonly commits: boolean;
}

export interface TransferArgs extends InGroup, InTopic {
  readonly to: string;
  readonly transactionalId: string;
  readonly sessionTimeoutMs: number;
  /** Of one transaction, where the client can say so; it has fewer when fewer are there. */
  readonly recordsMax: number;
  /** How long it waits in each transaction, when its records are stored and its offsets are not sent. */
  readonly pauseMs: number;
  /** Its offsets have to name the member that it is, and not just its group. */
  readonly asMember: boolean;
}

export interface LoadArgs extends InTopic {
  readonly isIdempotent: boolean;
  /** Partitions 0 to this, in turn. */
  readonly partitions: number;
}

export interface StreamsArgs extends InTopic {
  readonly application: string;
  readonly to: string;
  /** Where it keeps its state. */
  readonly folder: string;
  readonly sessionTimeoutMs: number;
  /** How long it takes for a record. */
  readonly pauseMs: number;
}

export interface ConnectArgs extends InGroup {
  readonly to: string;
  /** The source has the numbers from 0 to this one, without it. */
  readonly end: number;
  readonly sessionTimeoutMs: number;
}

/** A way in, and what to do there. */
export interface LoginArgs extends InTopic {
  /** Of another broker than the one of all other operations. */
  readonly bootstrap: string;
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';
  readonly username: string;
  /** A token is given as it is. */
  readonly password: string;
  /** The file of the authority, in PEM, for TLS; null: not encrypted. */
  readonly caFile: string | null;
  /** Text. */
  readonly value: string;
}

/** By name: what it takes, and what it gives back. */
export interface Operations {
  /** The client's name and version, as it says them itself. */
  readonly hello: { args: Nothing; result: { readonly version: string } };
  readonly produce: { args: ProduceArgs; result: Nothing };
  /** Reads one partition until it has `count` records, without a group, or with one of its own where it has to be. */
  readonly consume: {
    args: InPartition & { readonly from: From; readonly count: number };
    result: { readonly records: readonly ReadRecord[] };
  };
  /**
   * A member of a group until it is stopped, when it leaves. Events: `assigned` with all `partitions` that it has now,
   * after each change (none when it lost them all); `records` with `records` read, once they are committed.
   */
  readonly member: { args: MemberArgs; result: Nothing };
  /**
   * A member of a group that copies records to another topic, each to the same partition, in transactions with the
   * offsets of its group, as its client would have it. Ends when it is stopped, or with the first error. Events: `sent`
   * in each transaction before its pause, `transferred` after it is committed; with the `count` of records so far.
   */
  readonly transfer: { args: TransferArgs; result: Nothing };
  /**
   * Sends numbers (`0`, `1`, …, as text) as fast as they are acknowledged, with acks=all, until it is stopped, and goes
   * on through everything that the client itself can retry. Event: `acked` with how many are by now (a few a second).
   * The result names the numbers that were acknowledged, and how many failed.
   */
  readonly load: { args: LoadArgs; result: { readonly acked: readonly number[]; readonly failed: number } };

  /** Shows who it is with a client of its own, and sends one record to partition 0 with acks=all. */
  readonly login: { args: LoginArgs; result: Nothing };

  readonly describeCluster: {
    args: Nothing;
    result: { readonly clusterId: string | null; readonly brokers: number };
  };
  readonly listTopics: { args: Nothing; result: { readonly topics: readonly string[] } };
  readonly createTopic: {
    args: InTopic & { readonly partitions: number; readonly configs: Readonly<Record<string, string>> };
    result: Nothing;
  };
  readonly describeTopic: { args: InTopic; result: { readonly partitions: number } };
  readonly deleteTopic: { args: InTopic; result: Nothing };
  readonly createPartitions: { args: InTopic & { readonly count: number }; result: Nothing };
  readonly deleteRecords: { args: InPartition & { readonly before: number }; result: Nothing };
  readonly describeConfigs: { args: InTopic; result: { readonly configs: Readonly<Record<string, string | null>> } };
  readonly describeBrokerConfigs: {
    args: Nothing;
    result: { readonly configs: Readonly<Record<string, string | null>> };
  };
  readonly alterConfig: {
    args: InTopic & { readonly name: string; readonly value: string };
    result: Nothing;
  };
  /** The offset of a partition at a place: `end` is the next one to be written. */
  readonly listOffset: {
    args: InPartition & { readonly at: Exclude<From, { offset: number }> };
    result: { readonly offset: number };
  };

  readonly listGroups: { args: Nothing; result: { readonly groups: readonly string[] } };
  /** `state` as the client names it; how many members; the partitions of `topic` that they have, sorted. */
  readonly describeGroup: {
    args: InGroup & InTopic;
    result: { readonly state: string; readonly members: number; readonly partitions: readonly number[] };
  };
  readonly deleteGroup: { args: InGroup; result: Nothing };
  /** By partition; those without an offset are left out. */
  readonly committed: { args: InGroup & InTopic; result: { readonly offsets: Readonly<Record<string, number>> } };
  readonly resetOffset: { args: InGroup & InPartition & { readonly offset: number }; result: Nothing };
  readonly deleteOffset: { args: InGroup & InPartition; result: Nothing };

  /**
   * Kafka Streams, exactly once, until it is stopped: counts the records of a topic by their values, through a topic of
   * its own for their new keys, and writes every count under its value. Event: `state`, with its `state`. Only Kafka's
   * own client has it.
   */
  readonly streams: { args: StreamsArgs; result: Nothing };
  /**
   * A worker of Kafka Connect, until it is stopped, with a source of numbers that it writes to a topic, as text and
   * exactly once. Event: `begun`, once the source is. Only Kafka's own client has it.
   */
  readonly connect: { args: ConnectArgs; result: Nothing };
  /** A console tool that comes with the client, by its class, with what it reads. Only Kafka's own client has some. */
  readonly tool: {
    args: { readonly tool: string; readonly args: readonly string[]; readonly input?: string };
    result: { readonly code: number; readonly output: string };
  };
}

export type OperationName = keyof Operations;
export type ArgsOf<O extends OperationName> = Operations[O]['args'];
export type ResultOf<O extends OperationName> = Operations[O]['result'];
