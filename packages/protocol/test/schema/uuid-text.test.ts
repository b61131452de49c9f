import { describe, expect, it } from 'vitest';
import { UuidTexts } from '../../src/schema/uuid-text.ts';

describe('the texts of UUIDs', () => {
  it('Z1 are those of the bytes, whatever was asked before', () => {
    const texts = new UuidTexts();
    const ids = ['00000000-0000-0000-0000-000000000000', '01234567-89ab-cdef-0123-456789abcdef'];
    // Each differs from the second in one of its 16 bytes.
    for (let at = 0; at < 16; at += 1) {
      const bytes = Buffer.from(ids[1]!.replaceAll('-', ''), 'hex');
      bytes[at]! ^= 0x80;
      ids.push(bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
    }
    for (const id of [...ids, ...ids.toReversed(), ...ids.flatMap((each) => [each, ids[1]!, each])]) {
      const bytes = Buffer.from(`ff${id.replaceAll('-', '')}ff`, 'hex');
      expect([texts.textOf(bytes, 1), texts.textOf(bytes, 1)]).toEqual([id, id]);
    }
  });
});
