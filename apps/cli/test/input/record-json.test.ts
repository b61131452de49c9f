import { array, assert, constant, integer, oneof, option, property, record, string, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonMistake, parseRecordJson } from '../../src/input/record-json.ts';
import type { JsonRecord } from '../../src/input/record-json.ts';
import { recordJson } from '../../src/output/record-json.ts';

const messageIdHeader = 'q-message-id';
const parse = (text: string | Buffer): JsonRecord => parseRecordJson(Buffer.from(text as string), { messageIdHeader });

const asBytes = (part: Uint8Array | string | null): Buffer | null =>
  part === null ? null : Buffer.from(part as string);

describe('a record as JSON', () => {
  it('O2 is read as it was written, byte for byte', () => {
    const part = option(
      oneof(
        uint8Array({ maxLength: 20 }),
        string({ unit: 'binary' }).map((text) => Buffer.from(text)),
      ),
    );
    const written = record({
      topic: constant('t'),
      partition: integer({ min: 0 }),
      offset: integer({ min: 0 }),
      timestampMs: integer({ min: 0 }),
      key: part,
      value: part,
      headers: array(record({ key: string({ unit: 'binary' }), value: part }), { maxLength: 3 }),
    });
    assert(
      property(written, (given) => {
        const read = parse(recordJson(given));
        expect({ ...read, key: asBytes(read.key), value: asBytes(read.value) }).toEqual({
          partition: given.partition,
          timestampMs: given.timestampMs,
          key: given.key === null ? null : Buffer.from(given.key),
          value: given.value === null ? null : Buffer.from(given.value),
          headers: given.headers.map(({ key, value }) => ({ key, value: value === null ? null : Buffer.from(value) })),
        });
      }),
    );
  });

  it('O2 keeps null and empty apart, and takes the message id from its header', () => {
    expect(parse('{"value":null}')).toEqual({ key: null, value: null, headers: [] });
    expect(parse('{"key":"","value":""}')).toEqual({ key: '', value: '', headers: [] });
    const id = { name: messageIdHeader, value: 'é1' };
    expect(parse(JSON.stringify({ value: '', headers: [{ name: 'a', value: null }, id] }))).toEqual({
      key: null,
      value: '',
      headers: [{ key: 'a', value: null }],
      messageId: 'é1',
    });
    expect(parse('{"value":"","messageId":"m","timestampMs":-1}')).toMatchObject({ messageId: 'm' });
    const bytes = { name: messageIdHeader, valueBase64: '/w==' };
    expect(parse(JSON.stringify({ value: '', headers: [bytes] })).headers).toHaveLength(1);
  });

  it('O2 takes what people write by hand: headers as an object, Base64 of any kind', () => {
    expect(parse('{"value":"v","headers":{"a":"1","b":null}}').headers).toEqual([
      { key: 'a', value: Buffer.from('1') },
      { key: 'b', value: null },
    ]);
    for (const text of ['+/8=', '-_8=', '+/8', '-_8'])
      expect(parse(`{"valueBase64":"${text}"}`).value).toEqual(Buffer.from([0xfb, 0xff]));
    expect(parse('{"valueBase64":""}').value).toEqual(Buffer.alloc(0));
  });

  it.each([
    ['hello', 'it is not JSON: '],
    ['', 'it is not JSON: '],
    [Buffer.from('{"value":"\xff"}', 'latin1'), 'always UTF-8'],
    ['[1]', 'a record is [1]; expected an object'],
    ['{"key":"k"}', 'it has neither value nor valueBase64'],
    ['{"value":1}', 'value is 1; expected a text'],
    ['{"value":{"a":1}}', 'value is {"a":1}; expected a text'],
    ['{"value":"","vlaue":""}', 'a record has no field "vlaue"; it knows topic, '],
    ['{"value":"","valueBase64":""}', 'it has both value and valueBase64; use one'],
    ['{"valueBase64":"a"}', 'valueBase64 is not Base64: "a"'],
    ['{"valueBase64":"a b="}', 'valueBase64 is not Base64: "a b="'],
    ['{"value":"\\ud800"}', 'half of a surrogate pair'],
    ['{"value":"","partition":-1}', 'partition is -1; expected a whole number of at least 0'],
    ['{"value":"","timestampMs":"now"}', 'timestampMs is "now"; expected a whole number'],
    ['{"value":"","headers":7}', 'headers is 7; expected an object'],
    ['{"value":"","headers":[{"value":"x"}]}', 'headers[0].name is missing; expected a text'],
    ['{"value":"","headers":[{"name":"x"}]}', 'headers[0] has neither value nor valueBase64'],
    ['{"value":"","headers":[{"key":"x","value":""}]}', 'headers[0] has no field "key"; it knows name, value'],
    [
      '{"value":"","messageId":"a","headers":[{"name":"q-message-id","value":"a"}]}',
      'it has both messageId and a header',
    ],
  ])('Q3 says what is wrong with %s', (text, words) => {
    expect(() => parse(text)).toThrow(JsonMistake);
    expect(() => parse(text)).toThrow(words);
  });
});
