/**
 * Consumer groups of a broker: puts their parts together, reads them back at start, and sees them out.
 */
import { GroupImage } from '@q/coordinator';
import type { LogId, LogStore, PartitionLog } from '@q/storage';
import type { Clock } from '../clock.ts';
import type { BrokerLimits } from '../limits.ts';
import type { BrokerLogger } from '../logger.ts';
import { internalLogConfig, internalTopic } from '../topics/internal-topic.ts';
import type { SettingTexts } from '../topics/topic-config.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { GroupCoordinator } from './group-coordinator.ts';
import { GroupDirectory } from './group-directory.ts';
import { GroupOffsets } from './group-offsets.ts';
import { GroupsLog } from './groups-log.ts';
import { replayGroups } from './groups-replay.ts';
import { groupsLogId } from './groups-topic.ts';
import { HeldHeartbeats } from './held-heartbeats.ts';
import { MemberHeartbeats } from './member-heartbeats.ts';
import { OffsetChanges } from './offset-changes.ts';

export interface GroupsOptions {
  readonly store: LogStore;
  readonly registry: TopicRegistry;
  readonly brokerDefaults: SettingTexts;
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
}

export class Groups {
  readonly directory: GroupDirectory;
  readonly held: HeldHeartbeats;
  readonly coordinator: GroupCoordinator;
  readonly heartbeats: MemberHeartbeats;
  readonly offsets: GroupOffsets;
  readonly changes: OffsetChanges;
  readonly #log: GroupsLog;
  readonly #stopListening: () => void;

  private constructor(options: GroupsOptions, log: PartitionLog | null) {
    const { registry, clock, limits, logger } = options;
    this.#log = new GroupsLog({ log, create: () => openLog(options), clock, logger });
    const directory = new GroupDirectory({ log: this.#log, groupsMax: limits.groupsMax });
    const held = new HeldHeartbeats(clock);
    const coordinator = new GroupCoordinator({ ...options, directory, held });
    this.directory = directory;
    this.held = held;
    this.coordinator = coordinator;
    this.heartbeats = new MemberHeartbeats({ directory, coordinator, held, registry, limits });
    const grown = (): void => coordinator.keepSweeping();
    this.offsets = new GroupOffsets({ directory, registry, clock, limits, logger, grown });
    this.changes = new OffsetChanges({ directory, coordinator, registry, clock, limits, logger });
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
    if (log !== null) await groups.#load(log);
    groups.coordinator.start();
    return groups;
  }

  /** Answers all held heartbeats, now and from now on: the broker is stopping. */
  release(): void {
    this.held.releaseAll();
  }

  /** Stops the timers, and ends when everything that was handed over is durable or has failed. */
  async close(): Promise<void> {
    this.#stopListening();
    this.coordinator.stop();
    await this.#log.drain();
  }

  async #load(log: PartitionLog): Promise<void> {
    const image = new GroupImage();
    await replayGroups(log, image);
    for (const stored of image.groups(this.coordinator.context())) this.directory.add(stored);
  }
}

async function openLog({ store, registry, brokerDefaults }: GroupsOptions): Promise<PartitionLog> {
  const log = await store.open(groupsLogId, internalLogConfig);
  registry.addInternal(internalTopic({ log, brokerDefaults }));
  return log;
}
