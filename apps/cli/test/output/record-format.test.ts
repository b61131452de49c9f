import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ByteOutput } from '../../src/output/byte-output.ts';
import { compileRecordFormat, defaultRecordFormat, directives } from '../../src/output/record-format.ts';
import type { OutputRecord, RecordWriter } from '../../src/output/record-format.ts';
import { recordJson, writeRecordJson } from '../../src/output/record-json.ts';

const record: OutputRecord = {
  topic: 'orders',
  partition: 3,
  offset: 42,
  timestampMs: 1_700_000_000_123,
  key: Buffer.from('k'),
  value: Buffer.from('v'),
  headers: [
    { key: 'a', value: Buffer.from('1') },
    { key: 'b', value: null },
  ],
};

async function written(write: RecordWriter, some: Partial<OutputRecord> = {}): Promise<Buffer> {
  const stream = new PassThrough();
  const output = new ByteOutput(stream);
  write({ ...record, ...some }, output);
  await output.flush();
  stream.end();
  return Buffer.concat((await stream.toArray()) as Buffer[]);
}

describe('record formats', () => {
  it('C2 writes every directive', async () => {
    expect(String(await written(compileRecordFormat('%t %p %o %k %v %T %D %h %K %V %%\\n')))).toBe(
      'orders 3 42 k v 1700000000123 2023-11-14T22:13:20.123Z a=1,b= 1 1 %\n',
    );
    expect(Object.keys(directives)).toHaveLength(11);
  });

  it('C2 writes payloads byte for byte', async () => {
    const value = Buffer.from([0, 255, 10, 37, 92]);
    expect(await written(compileRecordFormat(defaultRecordFormat), { value })).toEqual(
      Buffer.concat([value, Buffer.from('\n')]),
    );
    expect(await written(compileRecordFormat('\\xff%v\\0'), { value: null })).toEqual(Buffer.from([255, 0]));
  });

  it('C2 tells an empty key from none', async () => {
    expect(String(await written(compileRecordFormat('%K,%V'), { key: null, value: Buffer.alloc(0) }))).toBe('-1,0');
  });

  it('C2 takes a backslash and a percent sign literally when asked to', async () => {
    expect(String(await written(compileRecordFormat('\\\\%v%%v')))).toBe('\\v%v');
    expect(String(await written(compileRecordFormat('')))).toBe('');
    expect(String(await written(compileRecordFormat('é\t%v')))).toBe('é\tv');
  });

  it('C2 refuses unknown directives and escapes, and says which there are', () => {
    expect(() => compileRecordFormat('%x')).toThrow('"%x" is not a directive; allowed: %t %p %o');
    expect(() => compileRecordFormat('%')).toThrow('"%" is not a directive');
    expect(() => compileRecordFormat('%toString')).not.toThrow();
    expect(() => compileRecordFormat('\\q')).toThrow('"\\q" is not an escape');
    expect(() => compileRecordFormat('%v\\')).toThrow('is not an escape');
  });
});

describe('records as JSON', () => {
  it('C2 writes text as text', () => {
    expect(JSON.parse(recordJson(record))).toEqual({
      topic: 'orders',
      partition: 3,
      offset: 42,
      timestampMs: 1_700_000_000_123,
      key: 'k',
      value: 'v',
      headers: [
        { name: 'a', value: '1' },
        { name: 'b', value: null },
      ],
    });
  });

  it('C2 writes bytes that are not UTF-8 as Base64 under another name', () => {
    const parsed = JSON.parse(recordJson({ ...record, key: null, value: Buffer.from([0xff, 0]) })) as Record<
      string,
      unknown
    >;
    expect(parsed).toMatchObject({ key: null, valueBase64: '/wA=' });
    expect(parsed).not.toHaveProperty('value');
  });

  it('C2 writes one line for each record, whatever is in it', async () => {
    const text = String(await written(writeRecordJson, { value: Buffer.from('two\nlines') }));
    expect(text.endsWith('\n') && text.indexOf('\n') === text.length - 1).toBe(true);
  });
});
