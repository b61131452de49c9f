import { strict as assert } from 'node:assert';
import { expect } from 'vitest';
import {
  createGroup,
  decodeGroupRecord,
  encodeGroupRecord,
  GroupImage,
  groupState,
  nextDeadlineMs,
  recordsOf,
  stepGroup,
} from '../../src/index.ts';
import type { Group, GroupCommand, GroupStep, Member } from '../../src/index.ts';
import { namesOf, SimulatedClient } from './simulated-client.ts';
import type { ClientTraits } from './simulated-client.ts';
import { TopicCatalogue } from './topic-catalogue.ts';

/**
 * A broker's side of one group, its clients, and the log of its records. What must always hold is checked after each
 * step.
 */
export class SimulatedGroup {
  readonly topics: TopicCatalogue = new TopicCatalogue();
  readonly clients: SimulatedClient[] = [];
  nowMs = 0;
  #group: Group = createGroup('simulated', { nowMs: 0 });
  /** Members that were woken, or answered with news, and have not asked since. */
  #awake = new Set<string>();
  readonly #log: { key: Buffer; value: Buffer | null }[] = [];

  get group(): Group {
    return this.#group;
  }

  get context(): { nowMs: number; wallMs: number; topics: TopicCatalogue } {
    return { nowMs: this.nowMs, wallMs: 1_700_000_000_000 + this.nowMs, topics: this.topics };
  }

  add(traits: ClientTraits, topics: readonly string[]): SimulatedClient {
    const client = new SimulatedClient(traits, topics);
    this.clients.push(client);
    return client;
  }

  /** The process is gone: it believes nothing any more, and says nothing. */
  crash(client: SimulatedClient): void {
    this.clients.splice(this.clients.indexOf(client), 1);
  }

  send(client: SimulatedClient, { isAnswerLost = false }: { isAnswerLost?: boolean } = {}): void {
    const step = this.step(client.heartbeat());
    if (isAnswerLost) client.miss();
    else client.hear(step);
    this.check();
  }

  look(client: SimulatedClient, { isAnswerLost = false }: { isAnswerLost?: boolean } = {}): void {
    if (!client.isHeld) return;
    const step = this.step({ kind: 'look', memberId: client.traits.memberId });
    if (isAnswerLost) client.miss();
    else client.hearHeld(step);
    this.check();
  }

  step(command: GroupCommand): GroupStep {
    const before = this.#group;
    const step = stepGroup(before, command, this.context);
    assert.deepEqual(stepGroup(before, command, this.context), step, 'the same step came out differently');
    this.#group = step.group;
    this.#log.push(...step.records.map(encodeGroupRecord));
    this.#noteWakes(command, step);
    return step;
  }

  advance(ms: number): void {
    this.nowMs += ms;
    const deadlineMs = nextDeadlineMs(this.#group);
    const step = this.step({ kind: 'tick' });
    expect(step.evicted.length > 0).toBe(deadlineMs !== null && deadlineMs <= this.nowMs);
    this.check();
  }

  /** The broker is killed and started again: on the log as it was written, and on what compaction leaves of it. */
  restart(): void {
    if (this.#log.length === 0) return;
    const compacted = new Map(this.#log.map((record) => [record.key.toString('hex'), record]));
    for (const log of [[...compacted.values()], this.#log]) {
      const image = new GroupImage();
      for (const { key, value } of log) image.apply(decodeGroupRecord(key, value)!);
      const loaded = [...image.groups(this.context)][0]!.group!;
      assert.deepEqual(recordsOf(loaded, this.context), recordsOf(this.#group, this.context));
      this.#group = loaded;
    }
    // No heartbeat is held after a restart: everybody sends one.
    this.#awake = new Set(this.#group.members.keys());
    this.check();
  }

  /** With bare assertions: it runs after every one of very many steps. */
  check(): void {
    this.#checkGroup();
    this.#checkWakes();
    const believers = new Map<string, string>();
    for (const client of this.clients) {
      const member = this.#group.members.get(client.traits.memberId);
      if (member === undefined || !isOfEpochChain(client, member)) continue;
      const may = new Set([...namesOf(member.assigned), ...namesOf(member.revoking)]);
      for (const name of client.believed) {
        assert(may.has(name), `${member.memberId} believes in ${name}, which it may not own`);
        assert(!believers.has(name), `${member.memberId} and ${believers.get(name)} believe in ${name}`);
        believers.set(name, member.memberId);
      }
    }
  }

  /** Everything is as the target says, on both sides. */
  get isSettled(): boolean {
    if (groupState(this.#group) === 'reconciling') return false;
    return this.clients.every((client) => {
      const member = this.#group.members.get(client.traits.memberId);
      return (
        member !== undefined && namesOf(member.target).toSorted().join() === [...client.believed].toSorted().join()
      );
    });
  }

  #noteWakes(command: GroupCommand, { result, wake }: GroupStep): void {
    if (command.kind === 'heartbeat' || command.kind === 'look') {
      this.#awake.delete(command.memberId);
      if (result.kind === 'reply' && result.assignment !== null) this.#awake.add(command.memberId);
    }
    for (const memberId of wake) this.#awake.add(memberId);
  }

  /** Nobody sleeps over news: whoever would hear something now was woken for it. */
  #checkWakes(): void {
    for (const memberId of this.#group.members.keys()) {
      const { records } = stepGroup(this.#group, { kind: 'look', memberId }, this.context);
      assert(records.length === 0 || this.#awake.has(memberId), `${memberId} was not woken`);
    }
  }

  #checkGroup(): void {
    const { groupEpoch, targetEpoch, members, emptySinceMs } = this.#group;
    const holders: string[] = [];
    const targets: string[] = [];
    assert(targetEpoch <= groupEpoch);
    assert((emptySinceMs === null) === members.size > 0);
    for (const member of members.values()) {
      assert(member.memberEpoch <= targetEpoch);
      assert((member.revokeByMs === null) === (member.revoking.size === 0));
      holders.push(...namesOf(member.assigned), ...namesOf(member.revoking));
      targets.push(...namesOf(member.target));
    }
    assert(new Set(holders).size === holders.length, 'a partition is held twice');
    assert(new Set(targets).size === targets.length, 'a partition is a target twice');
  }
}

/**
 * Whoever is fenced will hear so with its next request; its commits are refused, and what it believes does not count.
 */
function isOfEpochChain(client: SimulatedClient, member: Member): boolean {
  return (
    !member.isAway && client.epoch > 0 && (client.epoch === member.memberEpoch || client.epoch === member.previousEpoch)
  );
}
