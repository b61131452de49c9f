/*
 * Members of classic groups with nothing to do: a connection to the coordinator with a heartbeat every three seconds,
 * and one for the data, with fetches that wait in a session. Bare frames: a thousand Java consumers would need more
 * memory than there is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fetch } from '../../../packages/kafka-gateway/src/messages/fetch.ts';
import { findCoordinator } from '../../../packages/kafka-gateway/src/messages/find-coordinator.ts';
import { heartbeat } from '../../../packages/kafka-gateway/src/messages/heartbeat.ts';
import { joinGroup } from '../../../packages/kafka-gateway/src/messages/join-group.ts';
import { metadata } from '../../../packages/kafka-gateway/src/messages/metadata.ts';
import { offsetCommit } from '../../../packages/kafka-gateway/src/messages/offset-commit.ts';
import { syncGroup } from '../../../packages/kafka-gateway/src/messages/sync-group.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';
import { FrameLink } from './frame-link.ts';
import { ask } from './kafka-frames.ts';

export interface IdleMembersOptions {
  readonly kafkaPort: number;
  /** It has a partition for each member of a group. */
  readonly topic: string;
  readonly groups: number;
  readonly membersPerGroup: number;
  readonly measureMs: number;
  readonly fetchWaitMs: number;
  /** How often it commits what it has committed before; null: only what is new. */
  readonly commitMs: number | null;
}

/** Kafka's numbers of the errors that a member lives with. */
const errors = { none: 0, rebalanceInProgress: 27, memberIdRequired: 79 } as const;
const versions = {
  fetch: { api: fetch, version: 17 },
  findCoordinator: { api: findCoordinator, version: 3 },
  heartbeat: { api: heartbeat, version: 4 },
  joinGroup: { api: joinGroup, version: 9 },
  metadata: { api: metadata, version: 12 },
  offsetCommit: { api: offsetCommit, version: 9 },
  syncGroup: { api: syncGroup, version: 5 },
} as const;
const heartbeatMs = 3000;
const sessionTimeoutMs = 45_000;
const protocol = 'range';
/** A group that has been quiet for so long has all its members. */
const settledMs = 4000;

const options = workerOptions<IdleMembersOptions>();
let lastChangeMs = performance.now();
let answered = 0;

class Member {
  readonly #groupId: string;
  readonly #coordinator: FrameLink;
  #memberId = '';
  #generationId = -1;
  #partition = -1;

  private constructor(groupId: string, coordinator: FrameLink) {
    this.#groupId = groupId;
    this.#coordinator = coordinator;
  }

  static async start(groupId: string): Promise<Member> {
    return new Member(groupId, await FrameLink.open(options.kafkaPort));
  }

  get hasPartition(): boolean {
    return this.#partition >= 0;
  }

  /** Until the process ends. */
  async live(topicId: string): Promise<never> {
    await this.#join();
    return await Promise.race([this.#stay(), this.#fetchOn(topicId)]);
  }

  async #join(): Promise<void> {
    for (;;) {
      lastChangeMs = performance.now();
      const joined = await ask(this.#coordinator, versions.joinGroup, {
        groupId: this.#groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs: 300_000,
        memberId: this.#memberId,
        protocolType: 'consumer',
        protocols: [{ name: protocol, metadata: Buffer.alloc(8) }],
      });
      this.#memberId = joined.memberId;
      if (joined.errorCode === errors.memberIdRequired) continue;
      if (joined.errorCode !== errors.none) throw new Error(`JoinGroup: error ${joined.errorCode}`);
      this.#generationId = joined.generationId;
      // What is assigned is the leader's own business: here a partition's number is all there is to it.
      const isLeader = joined.leader === joined.memberId;
      const assignments = !isLeader
        ? []
        : joined.members.map(({ memberId }, index) => ({ memberId, assignment: Buffer.from([index]) }));
      const synced = await ask(this.#coordinator, versions.syncGroup, {
        ...this.#identity,
        protocolType: 'consumer',
        protocolName: protocol,
        assignments,
      });
      if (synced.errorCode === errors.rebalanceInProgress) continue;
      if (synced.errorCode !== errors.none) throw new Error(`SyncGroup: error ${synced.errorCode}`);
      this.#partition = synced.assignment[0]!;
      return;
    }
  }

  get #identity() {
    return { groupId: this.#groupId, generationId: this.#generationId, memberId: this.#memberId };
  }

  async #stay(): Promise<never> {
    const commitMs = options.commitMs ?? Infinity;
    let nextCommitMs = performance.now() + Math.random() * commitMs;
    await sleep(Math.random() * heartbeatMs);
    for (;;) {
      const { errorCode } = await ask(this.#coordinator, versions.heartbeat, this.#identity);
      answered += 1;
      if (errorCode === errors.rebalanceInProgress) await this.#join();
      else if (errorCode !== errors.none) throw new Error(`Heartbeat: error ${errorCode}`);
      const nextHeartbeatMs = performance.now() + heartbeatMs;
      if (nextCommitMs < nextHeartbeatMs) {
        await sleep(Math.max(0, nextCommitMs - performance.now()));
        await this.#commit();
        nextCommitMs = performance.now() + commitMs;
      }
      await sleep(Math.max(0, nextHeartbeatMs - performance.now()));
    }
  }

  async #commit(): Promise<void> {
    const { generationId: generationIdOrMemberEpoch, ...who } = this.#identity;
    const { topics } = await ask(this.#coordinator, versions.offsetCommit, {
      ...who,
      generationIdOrMemberEpoch,
      topics: [
        {
          name: options.topic,
          partitions: [{ partitionIndex: this.#partition, committedOffset: 0, committedMetadata: '' }],
        },
      ],
    });
    answered += 1;
    const { errorCode } = topics[0]!.partitions[0]!;
    if (errorCode !== errors.none && errorCode !== errors.rebalanceInProgress)
      throw new Error(`OffsetCommit: error ${errorCode}`);
  }

  async #fetchOn(topicId: string): Promise<never> {
    const data = await FrameLink.open(options.kafkaPort);
    let session = { id: 0, epoch: 0 };
    let partition = -1;
    for (;;) {
      if (partition !== this.#partition) {
        session = { id: 0, epoch: 0 };
        partition = this.#partition;
      }
      // Who has a session names its partitions only once.
      const topics =
        session.id !== 0 ? [] : [{ topicId, partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }];
      const { errorCode, sessionId } = await ask(data, versions.fetch, {
        maxWaitMs: options.fetchWaitMs,
        minBytes: 1,
        maxBytes: 50 << 20,
        isolationLevel: 0,
        sessionId: session.id,
        sessionEpoch: session.epoch,
        topics,
      });
      if (errorCode !== errors.none) throw new Error(`Fetch: error ${errorCode}`);
      answered += 1;
      session = sessionId === 0 ? { id: 0, epoch: 0 } : { id: sessionId, epoch: session.epoch + 1 };
    }
  }
}

async function topicIdOf(name: string): Promise<string> {
  const { topics } = await ask(await FrameLink.open(options.kafkaPort), versions.metadata, { topics: [{ name }] });
  if (topics[0]?.errorCode !== 0) throw new Error(`Metadata: error ${topics[0]?.errorCode}`);
  return topics[0].topicId;
}

/** Kafka makes its topic of offsets when somebody asks for the first time, and has no coordinator until then. */
async function awaitCoordinators(): Promise<void> {
  const link = await FrameLink.open(options.kafkaPort);
  for (let group = 0; group < options.groups; group += 1) {
    const key = `idle-${group}`;
    while ((await ask(link, versions.findCoordinator, { key, keyType: 0 })).errorCode !== errors.none) await sleep(100);
  }
}

const topicId = await topicIdOf(options.topic);
await awaitCoordinators();
const members: Member[] = [];
for (let group = 0; group < options.groups; group += 1) {
  const names = Array.from({ length: options.membersPerGroup }, () => `idle-${group}`);
  members.push(...(await Promise.all(names.map((name) => Member.start(name)))));
}
const broken = Promise.race(members.map((member) => member.live(topicId)));
while (members.some(({ hasPartition }) => !hasPartition) || performance.now() - lastChangeMs < settledMs)
  await Promise.race([broken, sleep(100)]);
await report('measuring');
answered = 0;
const startMs = performance.now();
await Promise.race([broken, sleep(options.measureMs)]);
await report('result', { members: members.length, answered, elapsedMs: performance.now() - startMs });
