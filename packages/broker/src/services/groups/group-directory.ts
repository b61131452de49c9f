/**
 * The groups that this broker coordinates, by id.
 *
 * Invariants:
 *  1. A group is here from its first change until nothing of it is left, in memory and on its way to the disk.
 *  2. There are at most `groupsMax`.
 */
import { CommittedOffsets, checkGroupId } from '@q/coordinator';
import type { ClassicGroup, Group, GroupRecord, ProducerIdentity } from '@q/coordinator';
import { QError } from '@q/protocol';
import type { BrokerLimits } from '../../limits.ts';
import type { StateLog } from '../../state-log/state-log.ts';
import { LiveGroup } from './live-group.ts';
import type { LiveGroupOptions } from './live-group.ts';

/** A group as it was read from the log. */
export interface StoredGroup {
  readonly groupId: string;
  readonly group: Group | null;
  readonly classic: ClassicGroup | null;
  readonly offsets: CommittedOffsets;
  readonly applied: Map<string, ProducerIdentity>;
}

export class GroupDirectory {
  readonly #log: Pick<StateLog<GroupRecord>, 'write'>;
  readonly #limits: Pick<BrokerLimits, 'groupsMax'>;
  readonly #groups = new Map<string, LiveGroup>();
  readonly #listeners: LiveGroupOptions['written'][] = [];

  constructor(options: { log: Pick<StateLog<GroupRecord>, 'write'>; limits: Pick<BrokerLimits, 'groupsMax'> }) {
    this.#log = options.log;
    this.#limits = options.limits;
  }

  get size(): number {
    return this.#groups.size;
  }

  /** All of them, those included that are being deleted. */
  groups(): IterableIterator<LiveGroup> {
    return this.#groups.values();
  }

  /** Calls `written` after each write of each group. */
  onWritten(written: LiveGroupOptions['written']): void {
    this.#listeners.push(written);
  }

  /** The group, or null when there is none. @throws QError INVALID_GROUP_ID */
  find(groupId: string): LiveGroup | null {
    const live = this.#groups.get(groupId);
    if (live !== undefined) return live;
    const reason = checkGroupId(groupId);
    if (reason !== null) throw new QError('INVALID_GROUP_ID', reason, { details: { groupId: groupId.slice(0, 256) } });
    return null;
  }

  /** The group, which must exist. @throws QError INVALID_GROUP_ID, UNKNOWN_GROUP */
  require(groupId: string): LiveGroup {
    const live = this.find(groupId);
    if (live?.exists) return live;
    throw new QError('UNKNOWN_GROUP', `there is no group ${JSON.stringify(groupId)}`, { details: { groupId } });
  }

  /** The group, or a new one; `forget` it if nothing comes of it. @throws QError INVALID_GROUP_ID, GROUP_LIMIT */
  obtain(groupId: string): LiveGroup {
    const live = this.find(groupId);
    if (live !== null) return live;
    const groups = this.#groups.size;
    const { groupsMax } = this.#limits;
    if (groups >= groupsMax) {
      throw new QError('GROUP_LIMIT', `this broker has ${groups} groups and takes at most ${groupsMax}`, {
        details: { groups, groupsMax },
      });
    }
    return this.add({ groupId, group: null, classic: null, offsets: new CommittedOffsets(), applied: new Map() });
  }

  add(stored: StoredGroup): LiveGroup {
    const live = new LiveGroup({
      ...stored,
      log: this.#log,
      written: (written, outcome) => {
        this.forgetIfGone(written);
        for (const listener of this.#listeners) listener(written, outcome);
      },
    });
    this.#groups.set(stored.groupId, live);
    return live;
  }

  forgetIfGone(live: LiveGroup): void {
    if (live.isGone && this.#groups.get(live.groupId) === live) this.#groups.delete(live.groupId);
  }
}
