import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Members } from '../../src/groups/members.ts';
import { memberDeadlineMs } from '../../src/groups/member.ts';
import type { Member } from '../../src/groups/member.ts';
import { memberOf } from './assignor-task.ts';

const change = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'remove'),
  id: fc.nat({ max: 99 }),
  heartbeatMs: fc.nat({ max: 100_000 }),
});

describe('Members', () => {
  it('G1 does what a map does, and leaves every earlier version as it was', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 150, size: 'max' }), fc.nat({ max: 100_000 }), (changes, nowMs) => {
        let model = new Map<string, Member>();
        let members = Members.none;
        const versions: [Members, Member[]][] = [];
        for (const { kind, id, heartbeatMs } of changes) {
          const memberId = `m${id}`;
          const before: [Members, Map<string, Member>] = [members, model];
          model = new Map(model);
          if (kind === 'remove') model.delete(memberId);
          else
            model.set(memberId, {
              ...memberOf({ memberId, topics: [] }, model.get(memberId)?.place ?? members.nextPlace),
              lastHeartbeatMs: heartbeatMs,
            });
          members = kind === 'remove' ? members.without(new Set([memberId])) : members.with(model.get(memberId)!);
          expect([...members.changedSince(before[0])]).toEqual(
            [...model.values()].filter((member) => before[1].get(member.memberId) !== member),
          );
          expect(members.goneSince(before[0])).toEqual([...before[1].keys()].filter((other) => !model.has(other)));
          versions.push([members, [...model.values()]]);
        }
        for (const [version, expected] of versions) {
          expect([...version.values()]).toEqual(expected);
          expect(version.size).toBe(expected.length);
          for (const member of expected) expect(version.get(member.memberId)).toBe(member);
          expect(version.deadlineMs).toBe(Math.min(...expected.map(memberDeadlineMs)));
          expect(version.overdue(nowMs)).toEqual(expected.filter((member) => memberDeadlineMs(member) <= nowMs));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('G1 can be read like any map', () => {
    const member = memberOf({ memberId: 'one', topics: [] });
    const members = Members.of([member]);
    const seen: unknown[] = [];
    members.forEach((value, key) => seen.push([key, value]));
    expect(seen).toEqual([...members]);
    expect([...members.keys(), members.has('one'), members.has('two'), members.get('two')]).toEqual([
      'one',
      true,
      false,
      undefined,
    ]);
    expect(() => Members.of([member, member])).toThrow('two members have one id');
  });
});
