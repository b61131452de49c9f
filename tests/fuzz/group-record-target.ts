import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { decodeGroupRecord, encodeGroupRecord } from '@q/coordinator';
import { Contradiction } from './target.ts';
import type { FuzzTarget } from './target.ts';

interface RecordVector {
  readonly key: string;
  readonly value: string | null;
}

const keyLengthBytes = 2;

/**
 * What is stored of consumer groups, key and value, from the golden records. An input is the key's length, the key, the
 * value.
 */
export function groupRecordTarget(): FuzzTarget {
  const path = new URL('../../packages/coordinator/test/groups/group-records.json', import.meta.url);
  const vectors = JSON.parse(readFileSync(path, 'utf8')) as readonly RecordVector[];
  return { name: 'group record', corpus: vectors.map(inputOf), allocatedBytesMax: 1 << 20, decode };
}

function inputOf({ key, value }: RecordVector): Buffer {
  const keyBytes = Buffer.from(key, 'hex');
  const length = Buffer.alloc(keyLengthBytes);
  length.writeUInt16BE(keyBytes.length, 0);
  return Buffer.concat([length, keyBytes, Buffer.from(value ?? '', 'hex')]);
}

/** Whatever is understood can be written again, and is understood the same way then. */
function decode(input: Buffer): void {
  const keyEnd = keyLengthBytes + (input.length < keyLengthBytes ? 0 : input.readUInt16BE(0));
  const value = input.subarray(keyEnd);
  const record = decodeGroupRecord(input.subarray(keyLengthBytes, keyEnd), value.length === 0 ? null : value);
  if (record === null) return;
  const again = encodeGroupRecord(record);
  if (!isDeepStrictEqual(decodeGroupRecord(again.key, again.value), record))
    throw new Contradiction('a group record is understood in two ways');
}
