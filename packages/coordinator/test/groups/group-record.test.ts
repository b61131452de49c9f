import { readFileSync } from 'node:fs';
import { QError } from '@q/protocol';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeGroupRecord, encodeGroupRecord } from '../../src/index.ts';
import type { DurableClassicMember, DurableMember, GroupRecord, PartitionsByTopic } from '../../src/index.ts';
import { goldenRecords } from './golden-records.ts';

interface Vector {
  readonly name: string;
  readonly key: string;
  readonly value: string | null;
}

const vectors = JSON.parse(readFileSync(new URL('group-records.json', import.meta.url), 'utf8')) as readonly Vector[];

function bytesOf({ key, value }: { key: string; value: string | null }): [Buffer, Buffer | null] {
  return [Buffer.from(key, 'hex'), value === null ? null : Buffer.from(value, 'hex')];
}

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const epoch = fc.nat({ max: 2 ** 31 - 1 });
const partitionSet: fc.Arbitrary<PartitionsByTopic> = fc
  .dictionary(fc.uuid(), fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 20 }), { maxKeys: 4 })
  .map(
    (sets) =>
      new Map(Object.entries(sets).map(([topicId, list]) => [topicId, list.toSorted((left, right) => left - right)])),
  );
const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER });

const member: fc.Arbitrary<DurableMember> = fc.record({
  memberId: text,
  instanceId: fc.option(text),
  clientId: text,
  host: text,
  sessionTimeoutMs: fc.nat(),
  rebalanceTimeoutMs: fc.nat(),
  assignor: fc.constantFrom('uniform', 'range'),
  topics: fc.array(text, { maxLength: 5 }),
  place: whole,
  memberEpoch: epoch,
  previousEpoch: epoch,
  assigned: partitionSet,
  revoking: partitionSet,
  target: partitionSet,
  isAway: fc.boolean(),
});

const blob = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
const classicMember: fc.Arbitrary<DurableClassicMember> = fc.record({
  memberId: text,
  instanceId: fc.option(text),
  clientId: text,
  host: text,
  sessionTimeoutMs: fc.nat(),
  rebalanceTimeoutMs: fc.nat(),
  protocols: fc.array(fc.record({ name: text, metadata: blob }), { maxLength: 4 }),
  assignment: blob,
  place: whole,
});

const offsetKey = { groupId: text, topicId: fc.uuid(), partition: fc.nat() };
const committed = fc.record({
  offset: whole,
  leaderEpoch: fc.integer({ min: -1 }),
  metadata: fc.option(text),
  committedAtMs: whole,
  progressedAtMs: whole,
});
const record: fc.Arbitrary<GroupRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('group' as const),
    groupId: text,
    assigns: fc.constant('broker' as const),
    groupEpoch: fc.constant(2 ** 31 - 1),
    targetEpoch: epoch,
    emptySinceWallMs: fc.option(whole),
  }),
  fc.record({ kind: fc.constant('member' as const), groupId: text, member }),
  fc.record({
    kind: fc.constant('group' as const),
    groupId: text,
    assigns: fc.constant('client' as const),
    generation: epoch,
    isAssigned: fc.boolean(),
    protocolType: text,
    protocolName: fc.option(text),
    leaderId: fc.option(text),
    emptySinceWallMs: fc.option(whole),
  }),
  fc.record({ kind: fc.constant('classic-member' as const), groupId: text, member: classicMember }),
  fc.record({ kind: fc.constant('classic-member-gone' as const), groupId: text, memberId: text }),
  fc.record({ kind: fc.constant('offset' as const), ...offsetKey, committed }),
  fc.record({ kind: fc.constant('group-gone' as const), groupId: text }),
  fc.record({ kind: fc.constant('member-gone' as const), groupId: text, memberId: text }),
  fc.record({ kind: fc.constant('offset-gone' as const), ...offsetKey }),
  fc.record({
    kind: fc.constant('applied' as const),
    groupId: text,
    transactionalId: text,
    producer: fc.record({ producerId: whole, producerEpoch: fc.nat({ max: 32_767 }) }),
  }),
  fc.record({ kind: fc.constant('applied-gone' as const), groupId: text, transactionalId: text }),
);

describe('group records', () => {
  it('G3 keep the bytes of their golden vectors', () => {
    expect(vectors.map(({ name }) => name)).toEqual(Object.keys(goldenRecords));
    for (const vector of vectors) {
      const expected = goldenRecords[vector.name]!;
      expect(decodeGroupRecord(...bytesOf(vector)), vector.name).toEqual(expected);
      const { key, value } = encodeGroupRecord(expected);
      expect({ name: vector.name, key: key.toString('hex'), value: value?.toString('hex') ?? null }).toEqual(vector);
    }
  });

  it('G1 G3 come back as they were', () => {
    fc.assert(
      fc.property(record, (expected) => {
        const { key, value } = encodeGroupRecord(expected);
        expect(decodeGroupRecord(key, value)).toEqual(expected);
      }),
    );
  });

  it('G3 are refused when they are cut, longer, or changed into what none can have written', () => {
    for (const vector of vectors) {
      const [key, value] = bytesOf(vector);
      for (let length = 0; length < key.length; length += 1)
        expectDamage(() => decodeGroupRecord(key.subarray(0, length), value));
      expectDamage(() => decodeGroupRecord(Buffer.concat([key, Buffer.of(0)]), value));
      if (value === null) continue;
      for (let length = 0; length < value.length; length += 1)
        expectDamage(() => decodeGroupRecord(key, value.subarray(0, length)));
      expectDamage(() => decodeGroupRecord(key, Buffer.concat([value, Buffer.of(0)])));
    }
  });

  it('G3 decode to a record, to null or to an error of their own, whatever the bytes', () => {
    const mutation = fc.record({
      vector: fc.constantFrom(...vectors),
      at: fc.nat({ max: 200 }),
      byte: fc.nat({ max: 255 }),
      inKey: fc.boolean(),
    });
    fc.assert(
      fc.property(mutation, ({ vector, at, byte, inKey }) => {
        const [key, value] = bytesOf(vector);
        const target = inKey ? key : (value ?? key);
        target[at % target.length] = byte;
        const decoded = attempt(() => decodeGroupRecord(key, value));
        if (decoded === null || QError.is(decoded)) return;
        const again = encodeGroupRecord(decoded as GroupRecord);
        expect(decodeGroupRecord(again.key, again.value)).toEqual(decoded);
      }),
      { numRuns: 2_000 },
    );
  });

  it('G3 of a newer broker are left alone', () => {
    const [key, value] = bytesOf(vectors[0]!) as [Buffer, Buffer];
    expect(decodeGroupRecord(withByte(key, 0, 2), value)).toBeNull();
    expect(decodeGroupRecord(withByte(key, 1, 5), value)).toBeNull();
    expect(decodeGroupRecord(key, withByte(value, 0, 2))).toBeNull();
    expect(decodeGroupRecord(key, withByte(value, 1, 2))).toBeNull();
  });
});

function withByte(buffer: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(buffer);
  copy[at] = byte;
  return copy;
}

function attempt(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    if (QError.is(error)) return error;
    throw error;
  }
}

function expectDamage(action: () => unknown): void {
  expect(attempt(action)).toMatchObject({ code: 'CORRUPT_LOG' });
}
