/**
 * Consumer groups of a broker: puts their parts together, reads them back at start, and sees them out.
 */
import { GroupImage, groupState } from '@q/coordinator';
import type { GroupRecord } from '@q/coordinator';
import type { LogId, LogStore, PartitionLog } from '@q/storage';
import type { Clock } from '../../clock.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { Random } from '../../random.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { AuditNotes } from '../audit/audit.ts';
import { internalLogConfig } from '../topics/internal-topic.ts';
import { StateLog } from '../../state-log/state-log.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { ClassicCoordinator } from './classic-coordinator.ts';
import { ClassicGroups } from './classic-groups.ts';
import { ClassicLanguages } from './classic-languages.ts';
import { GroupCoordinator } from './group-coordinator.ts';
import { classicGroupState, isClassicStalled } from './classic-description.ts';
import { describeGroup, isStalled } from './group-description.ts';
import type { GroupDescription } from './group-description.ts';
import { GroupDirectory } from './group-directory.ts';
import { GroupOffsets } from './group-offsets.ts';
import { groupRecords } from './group-records.ts';
import { replayGroups } from './groups-replay.ts';
import { groupsLogId } from './groups-topic.ts';
import { HeldHeartbeats } from './held-heartbeats.ts';
import { GroupLags } from './group-lags.ts';
import type { GroupLag } from './group-lags.ts';
import type { LiveGroup } from './live-group.ts';
import { MemberHeartbeats } from './member-heartbeats.ts';
import { OffsetChanges } from './offset-changes.ts';
import type { TransactionNotes } from './transaction-notes.ts';

/** One line of a list of groups. */
export interface ListedGroup {
  readonly groupId: string;
  readonly state: string;
  readonly members: number;
  readonly offsets: number;
}

/** One group, for statistics. */
export interface GroupNumbers {
  readonly groupId: string;
  readonly state: string;
  readonly members: number;
  /** Members that make no progress although records wait, or whose heartbeat is overdue. */
  readonly stalledMembers: number;
}

export interface GroupsOptions {
  readonly store: LogStore;
  readonly registry: TopicRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
  readonly audit?: AuditNotes;
}

export class Groups {
  readonly directory: GroupDirectory;
  readonly held: HeldHeartbeats;
  readonly coordinator: GroupCoordinator;
  readonly heartbeats: MemberHeartbeats;
  readonly offsets: GroupOffsets;
  readonly changes: OffsetChanges;
  /** Those whose members divide the partitions themselves. */
  readonly classic: ClassicGroups;
  /** What the members of these say to each other, once a door has brought it. */
  readonly languages: ClassicLanguages = new ClassicLanguages();
  readonly #lags: GroupLags;
  readonly #options: GroupsOptions;
  readonly #log: StateLog<GroupRecord>;
  readonly #classicCoordinator: ClassicCoordinator;
  readonly #stopListening: () => void;

  private constructor(options: GroupsOptions, log: PartitionLog | null) {
    const { registry, clock, limits, logger } = options;
    this.#options = options;
    this.#log = new StateLog({ records: groupRecords, log, create: () => openLog(options), clock, logger });
    const directory = new GroupDirectory({ log: this.#log, limits });
    const held = new HeldHeartbeats(clock);
    const coordinator = new GroupCoordinator({ ...options, directory, held });
    this.directory = directory;
    this.held = held;
    this.coordinator = coordinator;
    this.heartbeats = new MemberHeartbeats({ directory, coordinator, held, registry, limits });
    const classic = new ClassicCoordinator({ directory, clock, limits, logger });
    this.#classicCoordinator = classic;
    this.classic = new ClassicGroups({
      directory,
      coordinator: classic,
      random: options.random,
      grown: () => coordinator.keepSweeping(),
    });
    const grown = (): void => coordinator.keepSweeping();
    this.offsets = new GroupOffsets({ directory, classic: this.classic, registry, clock, limits, logger, grown });
    this.changes = new OffsetChanges({ ...options, directory, coordinator, languages: this.languages });
    this.#lags = new GroupLags({ directory, registry, clock, limits });
    this.#stopListening = registry.listen(coordinator);
  }

  /**
   * Reads the groups back, if there have been any, and takes them into service. `ownLogs` are those of the broker's own
   * logs that the store holds.
   * @throws QError CORRUPT_LOG, STORAGE_FAILED
   */
  static async open(options: GroupsOptions, ownLogs: readonly LogId[]): Promise<Groups> {
    const hasLog = ownLogs.some(({ topicId }) => topicId === groupsLogId.topicId);
    const log = hasLog ? await openLog(options) : null;
    const groups = new Groups(options, log);
    if (log !== null) await groups.#load(log, options.store);
    groups.coordinator.start();
    groups.#classicCoordinator.start();
    return groups;
  }

  /**
   * The groups whose ids begin so, by id. A list of names waits for no disk: a change that is on its way may show, or
   * not.
   */
  list(prefix: string): ListedGroup[] {
    return [...this.directory.groups()]
      .filter((live) => live.exists && live.groupId.startsWith(prefix))
      .map(listed)
      .sort((left, right) => (left.groupId < right.groupId ? -1 : 1));
  }

  /** @throws QError INVALID_GROUP_ID, UNKNOWN_GROUP; INVALID_REQUEST when the group is too large for one answer */
  async describe(groupId: string): Promise<GroupDescription> {
    const { registry, limits } = this.#options;
    const { languages } = this;
    const live = this.directory.require(groupId);
    const { nowMs, wallMs } = this.coordinator.context();
    const description = describeGroup(live, { registry, held: this.held, languages, limits, nowMs, wallMs });
    await live.settled();
    return description;
  }

  /** Times that partitions of a group were given out anew, since the start. */
  get rebalances(): number {
    return this.coordinator.rebalances + this.#classicCoordinator.rebalances;
  }

  /** How far groups are behind, in records and in time. Some seconds old at most. */
  lags(): Promise<readonly GroupLag[]> {
    return this.#lags.list();
  }

  /** The groups in numbers, in no order. */
  *numbers(): Generator<GroupNumbers> {
    const { nowMs } = this.coordinator.context();
    const { limits } = this.#options;
    for (const live of this.directory.groups()) {
      if (!live.exists) continue;
      const { groupId, group, classic, memberCount: members } = live;
      let stalledMembers = 0;
      for (const member of group?.members.values() ?? [])
        stalledMembers += isStalled(group!, member, { held: this.held, limits, nowMs }) ? 1 : 0;
      for (const member of classic?.members.values() ?? []) stalledMembers += isClassicStalled(member, nowMs) ? 1 : 0;
      yield { groupId, state: stateOf(live), members, stalledMembers };
    }
  }

  /** Says from now on when a group may forget what it has noted of transactions. */
  heedNotes(notes: TransactionNotes): void {
    this.coordinator.heedNotes(notes);
  }

  /** Answers all held heartbeats, now and from now on: the broker is stopping. */
  release(): void {
    this.held.releaseAll();
    this.classic.release();
  }

  /** Stops the timers, and ends when everything that was handed over is durable or has failed. */
  async close(): Promise<void> {
    this.#stopListening();
    this.coordinator.stop();
    this.#classicCoordinator.stop();
    await this.#log.drain();
  }

  /**
   * Idle for how long is counted by the confirmed time: a start with a clock that is a year ahead must not expire them
   * all.
   */
  async #load(log: PartitionLog, store: Pick<LogStore, 'confirmedNow'>): Promise<void> {
    const image = new GroupImage();
    await replayGroups(log, image);
    const { nowMs } = this.coordinator.context();
    for (const stored of image.groups({ nowMs, wallMs: store.confirmedNow() })) this.directory.add(stored);
  }
}

async function openLog({ store, registry }: GroupsOptions): Promise<PartitionLog> {
  const log = await store.open(groupsLogId, internalLogConfig);
  registry.serveInternal(log);
  return log;
}

function listed(live: LiveGroup): ListedGroup {
  const { groupId, offsets, memberCount } = live;
  return { groupId, state: stateOf(live), members: memberCount, offsets: offsets.size };
}

function stateOf({ group, classic }: LiveGroup): string {
  return group === null ? classicGroupState(classic) : groupState(group);
}
