/**
 * Makes changes of groups durable: gathers them, and appends them to the groups topic through the ordinary partition log.
 *
 * One round is on its way to the disk at a time. What is handed over meanwhile is the next round, and there only the last
 * record of each key counts: a thousand members that join at once, or a partition that is committed a thousand times, cost
 * the disk one record each.
 *
 * Invariants:
 *  1. Records of one group become durable in the order in which they were handed over, those of one call all together or
 *     not at all: within a round they share a batch, and a batch is whole on the disk or not there.
 *  2. When a write fails, everything of its groups that was handed over up to that moment fails with it. Nothing that
 *     builds on a lost change is ever stored.
 *  3. A round ends in one way for each of its groups: durable, or failed. The group is told in the same turn, before any
 *     other request can build on what was lost; promises, which tell later, are for those who only wait.
 */
import { encodeGroupRecord } from '@q/coordinator';
import type { GroupRecord } from '@q/coordinator';
import { encodeBatch } from '@q/protocol';
import type { PartitionLog } from '@q/storage';
import type { Clock } from '../../clock.ts';
import type { BrokerLogger } from '../../logger.ts';

/** A batch is closed above this; the records of one group stay together all the same. */
const batchBytesMax = 512 * 1024;

/** Told at once how a write ended; `durable` is the promise that `write` gave. */
export type WriteEnded = (durable: Promise<void>, outcome: 'durable' | 'failed') => void;

/** What one group has in one round. */
interface Share {
  readonly groupId: string;
  readonly ended: WriteEnded;
  readonly records: Map<string, GroupRecord>;
  readonly durable: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface EncodedBatch {
  readonly shares: readonly Share[];
  readonly bytes: Buffer;
}

export interface GroupsLogOptions {
  /** The open log, or null when there has never been a group. */
  readonly log: PartitionLog | null;
  /** Makes it; called before the first write. */
  readonly create: () => Promise<PartitionLog>;
  readonly clock: Pick<Clock, 'now' | 'defer'>;
  readonly logger: BrokerLogger;
}

export class GroupsLog {
  readonly #options: GroupsLogOptions;
  #log: PartitionLog | null;
  #gathered = new Map<string, Share>();
  #rounds: Promise<void> | null = null;
  #isScheduled = false;
  #isFailing = false;

  constructor(options: GroupsLogOptions) {
    this.#options = options;
    this.#log = options.log;
  }

  /**
   * Takes records of one group. The promise is the same for all that end up in one round; it rejects with the storage
   * error. `ended` is called once for that round, before the promise settles: that of its first write.
   */
  write(groupId: string, records: readonly GroupRecord[], ended: WriteEnded): Promise<void> {
    let share = this.#gathered.get(groupId);
    if (share === undefined) {
      share = newShare(groupId, ended);
      this.#gathered.set(groupId, share);
    }
    for (const record of records) share.records.set(keyOf(record), record);
    this.#schedule();
    return share.durable;
  }

  /** Ends when nothing waits and nothing is on its way. */
  async drain(): Promise<void> {
    if (this.#isScheduled) this.#start();
    while (this.#rounds !== null) await this.#rounds;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#rounds !== null) return;
    // What arrives in this turn of the event loop shares the round.
    this.#isScheduled = true;
    this.#options.clock.defer(() => this.#start());
  }

  #start(): void {
    this.#isScheduled = false;
    if (this.#rounds === null && this.#gathered.size > 0) this.#rounds = this.#runRounds();
  }

  async #runRounds(): Promise<void> {
    while (this.#gathered.size > 0) {
      const shares = [...this.#gathered.values()];
      this.#gathered = new Map();
      await this.#runRound(shares);
    }
    this.#rounds = null;
  }

  async #runRound(shares: readonly Share[]): Promise<void> {
    try {
      const log = (this.#log ??= await this.#options.create());
      await Promise.all(encode(shares, this.#options.clock.now()).map((batch) => this.#append(log, batch)));
    } catch (error) {
      this.#fail(shares, error);
    }
  }

  async #append(log: PartitionLog, { shares, bytes }: EncodedBatch): Promise<void> {
    try {
      await log.append(bytes, { leaderEpoch: 0 }).durable;
    } catch (error) {
      this.#fail(shares, error);
      return;
    }
    this.#isFailing = false;
    for (const share of shares) {
      share.ended(share.durable, 'durable');
      share.resolve();
    }
  }

  #fail(shares: readonly Share[], error: unknown): void {
    // A full disk fails every round until there is room: said once.
    if (!this.#isFailing) this.#options.logger.error({ err: error }, 'changes of groups could not be stored');
    this.#isFailing = true;
    for (const share of shares) {
      const later = this.#gathered.get(share.groupId);
      this.#gathered.delete(share.groupId);
      reject(share, error);
      if (later !== undefined) reject(later, error);
    }
  }
}

function newShare(groupId: string, ended: WriteEnded): Share {
  const { promise: durable, resolve, reject: refuse } = Promise.withResolvers<void>();
  // The group learns it from `ended`; perhaps nobody waits.
  durable.catch(() => undefined);
  return { groupId, ended, records: new Map(), durable, resolve, reject: refuse };
}

function reject(share: Share, error: unknown): void {
  share.ended(share.durable, 'failed');
  share.reject(error);
}

/** Batches of about `batchBytesMax`, the records of each group in one of them. */
function encode(shares: readonly Share[], timestampMs: number): EncodedBatch[] {
  const batches: EncodedBatch[] = [];
  let inBatch: Share[] = [];
  let records: ReturnType<typeof encodeGroupRecord>[] = [];
  let bytes = 0;
  const close = (): void => {
    if (inBatch.length > 0) batches.push({ shares: inBatch, bytes: encodeBatch(records, { timestampMs }) });
    inBatch = [];
    records = [];
    bytes = 0;
  };
  for (const share of shares) {
    inBatch.push(share);
    for (const record of share.records.values()) {
      const encoded = encodeGroupRecord(record);
      records.push(encoded);
      bytes += encoded.key.length + (encoded.value?.length ?? 0);
    }
    if (bytes >= batchBytesMax) close();
  }
  close();
  return batches;
}

/** Tells records of one group apart as their keys in the log do: a record and its tombstone are one. */
function keyOf(record: GroupRecord): string {
  switch (record.kind) {
    case 'group':
    case 'group-gone':
      return 'group';
    case 'member':
      return `member ${record.member.memberId}`;
    case 'member-gone':
      return `member ${record.memberId}`;
    case 'offset':
    case 'offset-gone':
      return `offset ${record.topicId} ${record.partition}`;
  }
}
