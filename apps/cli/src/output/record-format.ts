import { usageError } from '../command-error.ts';
import { unescapeBytes } from '../input/escapes.ts';
import type { ByteOutput } from './byte-output.ts';

/** A record as the outputs need it; a `Message` of the client is one. */
export interface OutputRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly OutputHeader[];
}

export interface OutputHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

export type RecordWriter = (record: OutputRecord, output: ByteOutput) => void;

/** Every directive of `-f`, once: parser, help and README read this table. */
export const directives: Readonly<Record<string, { readonly doc: string; readonly write: RecordWriter }>> = {
  t: { doc: 'topic', write: (record, output) => output.text(record.topic) },
  p: { doc: 'partition', write: (record, output) => output.text(String(record.partition)) },
  o: { doc: 'offset', write: (record, output) => output.text(String(record.offset)) },
  k: {
    doc: 'key, byte for byte; nothing when there is none',
    write: (record, output) => writeBytes(record.key, output),
  },
  v: {
    doc: 'value, byte for byte; nothing when there is none',
    write: (record, output) => writeBytes(record.value, output),
  },
  T: { doc: 'timestamp in ms since 1970', write: (record, output) => output.text(String(record.timestampMs)) },
  D: {
    doc: 'timestamp as ISO 8601 in UTC',
    write: (record, output) => output.text(new Date(record.timestampMs).toISOString()),
  },
  h: { doc: 'headers as name=value,name=value', write: writeHeaders },
  K: {
    doc: 'bytes of the key, -1 when there is none',
    write: (record, output) => output.text(String(record.key?.length ?? -1)),
  },
  V: {
    doc: 'bytes of the value, -1 when there is none',
    write: (record, output) => output.text(String(record.value?.length ?? -1)),
  },
  '%': { doc: 'a percent sign', write: (_record, output) => output.text('%') },
};

export const defaultRecordFormat = '%v\\n';

/** Compiles a format such as `%t %p %o %k %v\n` once, so that a record costs a few calls and no parsing. */
export function compileRecordFormat(format: string): RecordWriter {
  const writers: RecordWriter[] = [];
  // A backslash escape is taken whole, so that "\\%v" is a backslash and a value.
  for (const [, directive, text] of format.matchAll(/%([\s\S]?)|((?:\\[\s\S]?|[^%\\])+)/g)) {
    if (text === undefined) writers.push(writerOf(directive ?? ''));
    else {
      const bytes = unescapeBytes(text);
      writers.push((_record, output) => output.bytes(bytes));
    }
  }
  return (record, output) => {
    for (const write of writers) write(record, output);
  };
}

function writerOf(directive: string): RecordWriter {
  const found = Object.hasOwn(directives, directive) ? directives[directive] : undefined;
  if (found !== undefined) return found.write;
  throw usageError(
    `"%${directive}" is not a directive; allowed: ${Object.keys(directives)
      .map((name) => `%${name}`)
      .join(' ')}`,
  );
}

function writeBytes(bytes: Uint8Array | null, output: ByteOutput): void {
  if (bytes !== null) output.bytes(bytes);
}

function writeHeaders(record: OutputRecord, output: ByteOutput): void {
  for (const [index, header] of record.headers.entries()) {
    output.text(`${index === 0 ? '' : ','}${header.key}=`);
    writeBytes(header.value, output);
  }
}
