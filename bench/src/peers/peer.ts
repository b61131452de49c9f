import type { ClientCost } from './tool.ts';

/**
 * - `fsync`: an acknowledgement means that the record is on the disk, as far as the peer can do that;
 * - `default`: what the peer does when nobody asks for more.
 */
export type Durability = 'fsync' | 'default';

export interface Shape {
  readonly valueBytes: number;
  readonly partitions: number;
}

export interface Load {
  readonly valueBytes: number;
  readonly records: number;
}

/** What one run of a load tool found. */
export interface LoadResult {
  /** By the tool's own clock, without its warm-up where it has one. */
  readonly recordsPerSecond: number;
  /** Of the whole life of the tool's process. */
  readonly client: ClientCost;
}

/** Times of sends that wait for each other: one is under way. */
export interface SendTimes {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A server in a process and a folder of its own. Disposal ends it; the folder is its owner's to remove. */
export interface RunningPeer extends AsyncDisposable {
  /** Root of the server's processes. */
  readonly pid: number;
  createTopic(topic: string, partitions: number): Promise<void>;
  /** Returns when every record is acknowledged. */
  produce(topic: string, load: Load): Promise<LoadResult>;
  /** From the first record of the topic, which holds them all already. */
  consume(topic: string, load: Load): Promise<LoadResult>;
  awaitedSends(topic: string, load: Load): Promise<SendTimes>;
  deleteTopic(topic: string): Promise<void>;
}

export interface InstalledPeer {
  readonly version: string;
  start(options: { folder: string; durability: Durability }): Promise<RunningPeer>;
}

export interface Peer {
  readonly name: string;
  readonly hasPartitions: boolean;
  /** What an acknowledgement means; a durability that is not named cannot be had. */
  readonly acknowledgement: Readonly<Partial<Record<Durability, string>>>;
  /** In words: what the server and the load tool are told beyond their defaults. */
  readonly settings: string;
  /** Records of 100 B and awaited sends a second, roughly, on a small machine: they size the first run, no more. */
  readonly expected: Readonly<Record<Durability, { readonly records: number; readonly sends: number }>>;
  /** Finds or fetches the programs. @throws PeerMissing */
  install(cacheFolder: string): Promise<InstalledPeer>;
}

/** The peer cannot be had here; the message says what is missing, in words for a person. */
export class PeerMissing extends Error {
  override readonly name: string = 'PeerMissing';
}
