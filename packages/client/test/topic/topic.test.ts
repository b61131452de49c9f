import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { serialize } from '../../src/producer/record.ts';
import type { SchemaIssues } from '../../src/topic/schema-issues.ts';
import { topic } from '../../src/topic/topic.ts';

const Order = z.object({ id: z.string(), at: z.coerce.date(), note: z.string().default('none') });

describe('topic', () => {
  it('B4 writes the input of the schema and reads its output, so transforming schemas work', () => {
    const Orders = topic('orders', { key: z.string(), value: Order });
    const at = new Date(1_700_000_000_000);
    const record = serialize(Orders, { key: 'o-1', value: { id: 'o-1', at } });
    expect(record).toMatchObject({ key: 'o-1', value: `{"id":"o-1","at":"${at.toISOString()}"}` });
    expect(Orders.valueSerde?.decode(Buffer.from((record as { value: string }).value))).toEqual({
      id: 'o-1',
      at,
      note: 'none',
    });
    expect(Orders.keySerde?.decode(Buffer.from('o-1'))).toBe('o-1');
  });

  it('B4 refuses what does not match, with every issue', () => {
    const Orders = topic('orders', { value: z.object({ lines: z.array(z.object({ qty: z.number().positive() })) }) });
    const send = (): unknown => serialize(Orders, { value: { lines: [{ qty: 1 }, { qty: -1 }] } });
    expect(send).toThrow(
      expect.objectContaining({ code: 'SCHEMA_MISMATCH', message: expect.stringContaining('lines.1.qty:') as string }),
    );
    try {
      send();
    } catch (error) {
      const { issues, part } = (error as Error).cause as SchemaIssues;
      expect([part, issues.length]).toEqual(['value', 1]);
    }
  });

  it('B4 awaits asynchronous schemas', async () => {
    const Slow = topic('slow', { value: z.string().refine(async (text) => text !== 'bad') });
    const good = serialize(Slow, { value: 'good' });
    expect(good).toBeInstanceOf(Promise);
    await expect(good).resolves.toMatchObject({ value: '"good"' });
    await expect(serialize(Slow, { value: 'bad' })).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
  });

  it('B4 lets tombstones pass only where they are allowed', () => {
    const Plain = topic('plain', { value: z.object({ a: z.number() }) });
    const Compacted = topic('compacted', { value: z.object({ a: z.number() }), tombstones: true });
    expect(serialize(Compacted, { value: null })).toMatchObject({ value: null });
    expect(Compacted.valueSerde?.decode(null)).toBeNull();
    expect(() => serialize(Plain, { value: null as never })).toThrow(
      expect.objectContaining({ code: 'SCHEMA_MISMATCH' }),
    );
    expect(Plain.valueSerde?.decode(null)).toMatchObject({ part: 'value' });
  });

  it('B4 has codecs for keys and values', () => {
    const Numbered = topic('numbered', { key: z.number(), keyCodec: 'json', value: z.string(), valueCodec: 'string' });
    expect(serialize(Numbered, { key: 7, value: 'plain' })).toMatchObject({ key: '7', value: 'plain' });
    expect(Numbered.keySerde?.decode(Buffer.from('7'))).toBe(7);
    const Wrong = topic('wrong', { key: z.number() });
    expect(() => serialize(Wrong, { key: 7 })).toThrow(/keyCodec: "json"/);
    expect(Numbered.keySerde?.decode(Buffer.from('{'))).toMatchObject({ message: 'the stored key is not JSON' });
  });

  it('B4 takes only bytes and strings without a schema', () => {
    expect(() => serialize(topic('t', { key: z.string() }), { key: 'k', value: 5 as never })).toThrow(
      expect.objectContaining({ code: 'INVALID_RECORD' }),
    );
  });

  it.each(['', '.', '..', 'a/b', 'x'.repeat(250)])('refuses the name "%s"', (name) => {
    expect(() => topic(name)).toThrow(expect.objectContaining({ code: 'INVALID_TOPIC_NAME' }));
    expect(() => topic('t', { onInvalid: { deadLetter: name } })).toThrow(
      expect.objectContaining({ code: 'INVALID_TOPIC_NAME' }),
    );
  });
});
