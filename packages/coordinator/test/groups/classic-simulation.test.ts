import { strict as assert } from 'node:assert';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { classicRecordsOf, GroupImage } from '../../src/index.ts';
import type { ClassicCommand, ClassicGroup, ClassicJoined, GroupRecord } from '../../src/index.ts';
import { DrivenClassic, says } from './driven-classic.ts';

/** What a client does next; `who` chooses one of the members that there are, or nobody. */
type Act =
  | { readonly kind: 'join' | 'sync' | 'heartbeat' | 'leave' | 'abandon' | 'commit'; readonly who: number }
  | { readonly kind: 'new'; readonly needsId: boolean; readonly instance: number }
  | { readonly kind: 'static again'; readonly who: number; readonly knowsSkipping: boolean }
  | { readonly kind: 'says something else'; readonly who: number; readonly protocol: string }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'disk fails' };

const who = fc.nat({ max: 19 });
const protocol = fc.constantFrom('range', 'sticky');
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ kind: fc.constantFrom('join', 'sync'), who }) },
  { weight: 15, arbitrary: fc.record({ kind: fc.constantFrom('heartbeat', 'leave', 'abandon', 'commit'), who }) },
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant('new'), needsId: fc.boolean(), instance: fc.nat({ max: 8 }) }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('static again'), who, knowsSkipping: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('says something else'), who, protocol }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(1, 900, 4_000, 12_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('disk fails') }) },
);

const both = [says('range', 'r'), says('sticky', 's')];

/** Looks at every step whether it may be so, and keeps account of who waits and of what was told. */
class Watched extends DrivenClassic {
  readonly waiting = new Set<string>();
  readonly #told = new Map<number, { protocolName: string; members: string | null }>();
  #lastGeneration = 0;

  override step(command: ClassicCommand): ReturnType<DrivenClassic['step']> {
    const step = super.step(command);
    if (step.result.kind === 'waits') this.waiting.add(step.result.memberId);
    if (command.kind === 'abandon') this.waiting.delete(command.memberId);
    if (command.kind === 'taken-back') this.waiting.clear();
    for (const { memberId, outcome } of step.answers) {
      assert(this.waiting.delete(memberId), `${memberId} was answered and did not wait`);
      if (outcome.kind === 'joined') this.#note(outcome);
    }
    this.#check();
    return step;
  }

  /** A generation is told in one way, and none after a later one. */
  #note({ generation, protocolName, members }: ClassicJoined): void {
    assert(generation >= this.#lastGeneration, `generation ${generation} was told after ${this.#lastGeneration}`);
    this.#lastGeneration = generation;
    const before = this.#told.get(generation);
    assert.equal(before?.protocolName ?? protocolName, protocolName);
    this.#told.set(generation, { protocolName, members: null });
    assert(
      members.every(({ metadata }) => metadata.length > 0),
      'the leader heard of somebody who said nothing',
    );
  }

  #check(): void {
    const { group } = this;
    const waits = [...(group?.members.values() ?? [])].filter((member) => member.waits !== null);
    assert.deepEqual(new Set(waits.map(({ memberId }) => memberId)), this.waiting);
    if (group === null) return;
    for (const member of waits)
      assert.equal(member.waits, group.state === 'PreparingRebalance' ? 'join' : 'sync', `in ${group.state}`);
    assert(waits.length === 0 || group.state !== 'Stable');
    assert.equal(group.rebalance !== null, group.state === 'PreparingRebalance');
    assert.equal(group.emptySinceMs === null, group.members.size > 0);
    assert(group.state !== 'Empty' || group.members.size === 0);
    for (const memberId of group.pending.keys()) assert(!group.members.has(memberId));
    assert.equal(group.bytes, bytesOf(group));
    const instances = [...group.members.values()].flatMap(({ instanceId }) => instanceId ?? []);
    assert.equal(new Set(instances).size, instances.length);
    if (group.members.size > 0) assert(group.leaderId !== null && group.members.has(group.leaderId));
    if (group.state !== 'PreparingRebalance') this.#checkRecords(group);
  }

  /** Whoever reads the records back finds the group as it is. */
  #checkRecords(group: ClassicGroup): void {
    const now = { nowMs: this.nowMs, wallMs: 1e12 + this.nowMs };
    const image = new GroupImage();
    for (const record of this.records) image.apply(record);
    const [loaded] = [...image.groups(now)];
    const stored = group.stored === null ? [] : sorted(classicRecordsOf(group, now));
    const classic = loaded?.classic ?? null;
    assert.deepEqual(classic === null ? [] : sorted(classicRecordsOf(classic, now)), stored);
  }
}

function bytesOf({ members, pending }: ClassicGroup): number {
  let bytes = 1024 * (members.size + pending.size);
  for (const { protocols, assignment } of members.values())
    bytes += protocols.reduce((sum, { name, metadata }) => sum + name.length + metadata.length, assignment.length);
  return bytes;
}

function sorted(records: readonly GroupRecord[]): readonly GroupRecord[] {
  return records.toSorted((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
}

function idOf(record: GroupRecord): string {
  return record.kind === 'classic-member' ? record.member.memberId : '';
}

function take(driven: Watched, given: string[], next: Act): void {
  const members = [...(driven.group?.members.values() ?? [])];
  const member = 'who' in next ? members[next.who % (members.length + 1)] : undefined;
  const generation = driven.group?.generation ?? 0;
  const name = { memberId: member?.memberId ?? given.at(-1) ?? 'x', instanceId: member?.instanceId ?? null };
  switch (next.kind) {
    case 'new': {
      const instanceId = next.instance < 3 ? `I${next.instance}` : null;
      const { answers: before, group } = driven;
      driven.join({ needsId: next.needsId, instanceId, protocols: both });
      const pending = [...(driven.group?.pending.keys() ?? [])].filter((id) => !group?.pending.has(id));
      given.push(...pending);
      return void before;
    }
    case 'join':
      return void driven.join({ ...name, protocols: both });
    case 'says something else':
      return void driven.join({ ...name, protocols: [says(next.protocol, 'else')] });
    case 'static again':
      if (name.instanceId !== null) driven.join({ ...name, memberId: '', protocols: both, ...next, kind: 'join' });
      return;
    case 'sync':
      return void driven.sync(name.memberId, { assignments: { [name.memberId]: 'part' } });
    case 'leave':
      return void driven.step({ kind: 'leave', members: [name] });
    case 'abandon':
      return void driven.step({ kind: 'abandon', memberId: name.memberId });
    case 'heartbeat':
    case 'commit':
      return void driven.step({ kind: next.kind, ...name, generation });
    case 'pass':
      return driven.pass(next.ms);
    case 'disk fails':
      return void driven.step({ kind: 'taken-back' });
  }
}

it('B1 whatever members do, one generation is told, everybody is answered in time, and the log knows the group', () => {
  const seen = { generations: 0, stable: 0 };
  const property = fc.property(
    fc.array(act, { minLength: 50, maxLength: 120 }),
    fc.constantFrom(0, 3_000),
    (acts, initialDelayMs) => {
      const driven = new Watched({ initialDelayMs });
      const given: string[] = [];
      for (const next of acts) {
        take(driven, given, next);
        if (driven.group?.state === 'Stable') seen.stable += 1;
      }
      seen.generations = Math.max(seen.generations, driven.group?.generation ?? 0);
      // Everybody is silent now. Whoever waits is told something within the longest time that there is.
      driven.pass(400_000);
      assert.equal(driven.waiting.size, 0);
      driven.pass(400_000);
      assert(driven.group === null || driven.group.state === 'Empty', driven.state);
    },
  );
  fc.assert(property, { numRuns: 600 });
  // Otherwise nothing was put to the test.
  expect(seen.generations).toBeGreaterThan(5);
  expect(seen.stable).toBeGreaterThan(500);
});
