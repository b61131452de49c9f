import { heartbeat } from '../src/messages/heartbeat.ts';
import { joinGroup } from '../src/messages/join-group.ts';
import { leaveGroup } from '../src/messages/leave-group.ts';
import { syncGroup } from '../src/messages/sync-group.ts';
import type { Api, Message } from '../src/messages/api.ts';
import { RawClient } from './harness.ts';

type Read<T> = T extends Message<infer Out, infer _In> ? Out : never;
type Joined = Read<(typeof joinGroup)['response']>;

/** Versions of JoinGroup, SyncGroup, Heartbeat and LeaveGroup that go together. */
export interface Versions {
  readonly join: number;
  readonly sync: number;
  readonly heartbeat: number;
  readonly leave: number;
}

export const newest: Versions = { join: 9, sync: 5, heartbeat: 4, leave: 5 };
export const oldest: Versions = { join: 0, sync: 0, heartbeat: 0, leave: 0 };

export interface MemberOptions {
  readonly port: number;
  readonly groupId?: string;
  readonly instanceId?: string | null;
  readonly versions?: Versions;
  readonly metadata?: string;
}

/** A member of a classic group on a connection of its own; does nothing by itself. */
export class ClassicMember {
  memberId = '';
  generation = -1;
  metadata: string;
  readonly client: RawClient;
  readonly groupId: string;
  readonly instanceId: string | null;
  readonly versions: Versions;

  private constructor(client: RawClient, o: MemberOptions) {
    this.client = client;
    this.groupId = o.groupId ?? 'g';
    this.instanceId = o.instanceId ?? null;
    this.versions = o.versions ?? newest;
    this.metadata = o.metadata ?? '';
  }

  static async connect(o: MemberOptions): Promise<ClassicMember> {
    return new ClassicMember(await RawClient.connect(o.port), o);
  }

  /** Joins, with the id that it is given on the way. */
  async join(): Promise<Joined> {
    const answer = await this.ask(joinGroup, this.versions.join, this.joinRequest());
    if (answer.errorCode !== 79) return this.#note(answer);
    this.memberId = answer.memberId;
    return this.#note(await this.ask(joinGroup, this.versions.join, this.joinRequest()));
  }

  joinRequest(): Parameters<(typeof joinGroup)['request']['encode']>[2] {
    return {
      groupId: this.groupId,
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 60_000,
      memberId: this.memberId,
      groupInstanceId: this.instanceId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from(this.metadata) }],
    };
  }

  /** Asks for its assignment, or brings those of all. Gives the error code, or what it got. */
  async sync(assignments: Readonly<Record<string, string>> = {}): Promise<number | string> {
    const answer = await this.ask(syncGroup, this.versions.sync, {
      groupId: this.groupId,
      generationId: this.generation,
      memberId: this.memberId,
      groupInstanceId: this.instanceId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: Object.entries(assignments).map(([memberId, text]) => ({ memberId, assignment: Buffer.from(text) })),
    });
    return answer.errorCode === 0 ? answer.assignment.toString() : answer.errorCode;
  }

  async heartbeat(): Promise<number> {
    const { groupId, generation: generationId, memberId, instanceId: groupInstanceId } = this;
    const claim = { groupId, generationId, memberId, groupInstanceId };
    return (await this.ask(heartbeat, this.versions.heartbeat, claim)).errorCode;
  }

  async leave(): Promise<number> {
    const { groupId, memberId } = this;
    const answer = await this.ask(leaveGroup, this.versions.leave, {
      groupId,
      memberId,
      members: [{ memberId, groupInstanceId: null }],
    });
    return answer.members[0]?.errorCode ?? answer.errorCode;
  }

  ask<Q, QIn, A, AIn>(api: Api<Q, QIn, A, AIn>, version: number, body: QIn): Promise<A> {
    return this.client.ask(api, version, body);
  }

  #note(answer: Joined): Joined {
    if (answer.errorCode !== 0) return answer;
    this.memberId = answer.memberId;
    this.generation = answer.generationId;
    return answer;
  }
}

/** Members that have joined together, the leader first. */
export async function stableGroup(members: readonly ClassicMember[]): Promise<void> {
  const joined = await Promise.all(members.map((member) => member.join()));
  const leader = joined.findIndex(({ members: all }) => all.length > 0);
  const assignments = Object.fromEntries(members.map(({ memberId }, index) => [memberId, `part ${index}`]));
  await Promise.all(members.map((member, index) => member.sync(index === leader ? assignments : {})));
}
