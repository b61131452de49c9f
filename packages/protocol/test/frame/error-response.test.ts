import { describe, expect, it } from 'vitest';
import {
  decodeErrorBody,
  decodeResponseHeader,
  encodeErrorResponse,
  errorTable,
  protocolLimits,
  QError,
} from '../../src/index.ts';
import { errorOf } from '../error-of.ts';
import { hex } from '../hex.ts';

const payloadOf = (error: QError): Buffer =>
  Buffer.concat(encodeErrorResponse({ correlationId: 9, error })).subarray(4);

describe('error answers', () => {
  it('W1 have the documented bytes', () => {
    const error = new QError('OFFSET_OUT_OF_RANGE', 'no', { details: { start: 5, deep: true, why: 'x' } });
    expect(Buffer.concat(encodeErrorResponse({ correlationId: 9, error }))).toEqual(
      hex('00000025 00000009 0032 026e6f 03 057374617274 01 0135 0464656570 02 0474727565 03776879 00 0178'),
    );
  });

  it.each(errorTable.filter(({ name }) => name !== 'NONE'))(
    'W2 carry $name with message and details',
    ({ name, code }) => {
      const details = { logStartOffset: 5, ratio: 0.5, isFirst: false, topic: 'orders' };
      const frame = payloadOf(new QError(name, 'in words', { details }));
      expect(decodeResponseHeader(frame)).toEqual({ correlationId: 9, errorCode: code, bodyOffset: 6 });
      const read = decodeErrorBody(frame);
      expect(QError.is(read)).toBe(true);
      expect(read).toMatchObject({ code: name, message: 'in words', details });
    },
  );

  it('W2 never look like a success', () => {
    expect(decodeErrorBody(payloadOf(new QError('NONE', 'odd'))).code).toBe('UNKNOWN');
  });

  it('W2 with a number from the future become UNKNOWN and keep the number', () => {
    const frame = payloadOf(new QError('CLOSED', 'new'));
    frame.writeInt16BE(12_345, 4);
    expect(decodeErrorBody(frame)).toMatchObject({ code: 'UNKNOWN', message: 'new', details: { errorCode: 12_345 } });
  });

  it('cut what is too long rather than fail', () => {
    const details = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`key${index}`, '\ud800'.repeat(10_000)]),
    );
    const read = decodeErrorBody(payloadOf(new QError('UNKNOWN', `${'€'.repeat(50_000)}\ud800`, { details })));
    expect(read.message).toBe('€'.repeat(protocolLimits.errorMessageCharactersMax));
    expect(Object.keys(read.details)).toHaveLength(protocolLimits.errorDetailsMax);
  });

  it('keep a detail that is named like a property of every object', () => {
    const details = JSON.parse('{"__proto__": 5, "constructor": "x"}') as Record<string, number | string>;
    const read = decodeErrorBody(payloadOf(new QError('UNKNOWN', 'x', { details })));
    expect(Object.entries(read.details)).toEqual([
      ['__proto__', 5],
      ['constructor', 'x'],
    ]);
  });

  it('that are damaged are refused', () => {
    const frame = payloadOf(new QError('CLOSED', 'x'));
    expect(errorOf(() => decodeErrorBody(frame.subarray(0, 7)))).toMatchObject({
      code: 'MALFORMED_FRAME',
      details: { field: 'ErrorBody.message' },
    });
  });
});
