import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/batch/encode.ts';
import { messageIdHeader, peekMessageIds } from '../../src/batch/message-ids.ts';
import { codecNames } from '../../src/compression/codec.ts';

const named = (id: string | null): { key: string; value: Buffer | null } => ({
  key: messageIdHeader,
  value: id === null ? null : Buffer.from(id),
});

describe.each(codecNames)('message ids with codec %s', (codec) => {
  it('P4 are found for the records that have one', () => {
    const batch = encodeBatch(
      [
        { value: 'a', headers: [{ key: 'other', value: null }, named('order-1')] },
        { value: 'b' },
        { value: 'c', headers: [named('größe')] },
        { value: 'd', headers: [named('')] },
        { value: 'e', headers: [named(null)] },
        { value: 'f', headers: [named('first'), named('second')] },
      ],
      { codec },
    );
    expect(peekMessageIds(batch)).toEqual(['order-1', null, 'größe', '', null, 'first']);
  });

  it('are null when no record has one, also when its name occurs elsewhere', () => {
    expect(peekMessageIds(encodeBatch([{ value: 'a' }], { codec }))).toBeNull();
    expect(
      peekMessageIds(
        encodeBatch([{ value: messageIdHeader, headers: [{ key: 'h', value: Buffer.from(messageIdHeader) }] }], {
          codec,
        }),
      ),
    ).toBeNull();
    expect(
      peekMessageIds(encodeBatch([{ value: 'a', headers: [{ key: `${messageIdHeader}s`, value: null }] }], { codec })),
    ).toBeNull();
  });
});
