import type { QError } from '@q/protocol';

import type { GroupOffsets, OffsetShare } from '../transactions/offset-share.ts';
import type { Member } from './member.ts';
import type { OwnedPartition } from './owned-partition.ts';

/** An offset that a transaction is to commit. */
export interface SharedOffset {
  readonly owned: OwnedPartition;
  readonly offset: number;
  /** Messages acknowledged when it was taken. */
  readonly acked: number;
}

export interface GroupShareOptions {
  readonly member: Member;
  readonly offsets: readonly SharedOffset[];
  /** Goes back to what the group has committed: what was given since then is given again. */
  readonly goBack: (owned: OwnedPartition) => void;
  /** The consumer cannot go on. */
  readonly fail: (error: QError) => void;
}

/** The group has another idea of this member than we have: its heartbeats will find out which. */
const memberDoubts: ReadonlySet<string> = new Set([
  'UNKNOWN_MEMBER',
  'FENCED_MEMBER_EPOCH',
  'STALE_MEMBER_EPOCH',
  'PARTITION_NOT_OWNED',
]);

/** Offsets of partitions that a group consumer owns, for a transaction, and what becomes of them. */
export class GroupShare implements OffsetShare {
  readonly #o: GroupShareOptions;

  constructor(options: GroupShareOptions) {
    this.#o = options;
  }

  get isEmpty(): boolean {
    return this.#o.offsets.length === 0;
  }

  check(): void {
    for (const { owned } of this.#o.offsets) if (owned.isClosed) throw owned.notOwned();
  }

  request(): GroupOffsets {
    this.check();
    const { member, offsets } = this.#o;
    const byTopic = Map.groupBy(offsets, ({ owned }) => owned.topicId);
    const topics = [...byTopic].map(([topicId, ofTopic]) => ({
      topicId,
      partitions: ofTopic.map(({ owned, offset }) => {
        const leaderEpoch = owned.reader?.epochs.before(offset) ?? -1;
        return { partition: owned.partition, offset, leaderEpoch, metadata: null };
      }),
    }));
    return { groupId: member.group, memberId: member.id, memberEpoch: member.epoch, topics };
  }

  committed(): void {
    for (const { owned, offset, acked } of this.#o.offsets) {
      if (offset <= owned.committedPrefix) continue;
      owned.committedPrefix = offset;
      owned.ackedAtCommit = acked;
    }
  }

  aborted(): void {
    for (const { owned } of this.#o.offsets) if (owned.state === 'active') this.#o.goBack(owned);
  }

  refused(error: QError): void {
    if (memberDoubts.has(error.code)) this.#o.member.doubt();
  }

  unknown(error: QError): void {
    this.#o.fail(error);
  }
}
