import type { ProducerRecord } from '@q/client';
import { messageIdHeader } from '@q/client';
import { usageError } from '../command-error.ts';
import type { Pair } from '../input/pairs.ts';
import { splitKey, splitPieces, wholeInput } from '../input/pieces.ts';
import { parseRecordJson } from '../input/record-json.ts';
import { pairsToRecord } from './settings-view.ts';

/** What the input is made of, and what every record gets. */
export interface InputOptions {
  readonly json?: boolean;
  /** Lines, although `--json` is there for what is written. */
  readonly lines?: boolean;
  readonly delimiter?: Buffer;
  /** Short for a delimiter of one zero byte. */
  readonly null?: boolean;
  readonly whole?: boolean;
  readonly key?: string;
  readonly keySeparator?: Buffer;
  readonly partition?: number;
  /** Of JSON: partitions are chosen anew. */
  readonly repartition?: boolean;
  readonly header?: readonly Pair[];
  readonly tombstones?: boolean;
}

export interface ProduceInput {
  /** What a piece is called where something is wrong with it. */
  readonly piece: 'line' | 'piece' | 'input';
  /** Many at a time; see `splitPieces`. */
  readonly pieces: AsyncGenerator<Buffer[], void, undefined>;
  /** Null: there is no record in the piece. @throws JsonMistake */
  readonly toRecord: (piece: Buffer) => ProducerRecord | null;
  /** Pieces without the separator that was asked for, so far. */
  readonly keyless: () => number;
}

const newline = Buffer.from('\n');
const zero = Buffer.of(0);
/** Text of JSON is longer than the bytes it means: six times, where all are control characters. */
const jsonFactor = 6;
const jsonFrameBytes = 64 << 10;
/** A chunk of a file is in memory anyway. */
const pieceBytesMin = 1 << 20;

/** What has to be wrong with the options is said before anything is read or asked. */
export function checkInputOptions(options: InputOptions): void {
  const forms = (['whole', 'null', 'delimiter', 'lines'] as const).filter((name) => options[name] !== undefined);
  if (forms.length > 1) throw usageError(`--${forms.join(' and --')} exclude each other`);
  if (options.whole === true && options.keySeparator !== undefined)
    throw usageError('--key-separator does not go with --whole; use --key');
  if (isJson(options)) {
    const names = {
      key: '--key',
      keySeparator: '--key-separator',
      header: '--header',
      tombstones: '--tombstones',
    } as const;
    for (const [option, flag] of Object.entries(names) as [keyof typeof names, string][])
      if (options[option] !== undefined)
        throw usageError(
          `${flag} does not go with records as JSON, which say it themselves; --lines reads lines of text`,
        );
  } else if (options.repartition !== undefined) throw usageError('--repartition is for records as JSON');
  if (options.repartition === true && options.partition !== undefined)
    throw usageError('--repartition and --partition exclude each other');
}

/** @param limitBytes of a record, as the topic has it; more of a piece is not kept in memory */
export function openInput(
  source: AsyncIterable<Buffer>,
  o: { options: InputOptions; limitBytes: number },
): ProduceInput {
  const { options, limitBytes } = o;
  const bytesMax = Math.max(Number.isFinite(limitBytes) ? limitBytes : 0, pieceBytesMin);
  if (isJson(options)) {
    const jsonBytesMax = bytesMax * jsonFactor + jsonFrameBytes;
    const pieces = splitPieces(source, { delimiter: newline, bytesMax: jsonBytesMax });
    return { piece: 'line', pieces, toRecord: jsonReader(options), keyless: () => 0 };
  }
  if (options.whole === true)
    return { piece: 'input', pieces: wholeInput(source, { bytesMax }), ...textReader(options) };
  const delimiter = options.null === true ? zero : (options.delimiter ?? newline);
  const piece = delimiter.equals(newline) ? 'line' : 'piece';
  return { piece, pieces: splitPieces(source, { delimiter, bytesMax }), ...textReader(options) };
}

function isJson({ json, lines, null: zeros, delimiter, whole }: InputOptions): boolean {
  return json === true && lines !== true && zeros !== true && delimiter === undefined && whole !== true;
}

function jsonReader(options: InputOptions): ProduceInput['toRecord'] {
  const { partition, repartition = false } = options;
  return (line) => {
    if (isBlank(line)) return null;
    const record = parseRecordJson(line, { messageIdHeader });
    if (repartition) return { ...record, partition: undefined };
    return partition === undefined ? record : { ...record, partition };
  };
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function textReader(options: InputOptions): Pick<ProduceInput, 'toRecord' | 'keyless'> {
  const { partition, keySeparator, tombstones = false } = options;
  const fixed = {
    ...(partition === undefined ? {} : { partition }),
    ...(options.header === undefined ? {} : { headers: pairsToRecord(options.header) }),
  };
  const valueOf = (value: Buffer): Buffer | null => (tombstones && value.length === 0 ? null : value);
  if (keySeparator === undefined) {
    const key = options.key === undefined ? null : Buffer.from(options.key);
    return { toRecord: (piece) => ({ key, value: valueOf(piece), ...fixed }), keyless: () => 0 };
  }
  let keyless = 0;
  return {
    toRecord: (piece) => {
      const { key, value } = splitKey(piece, keySeparator);
      if (key === null) keyless += 1;
      return { key, value: valueOf(value), ...fixed };
    },
    keyless: () => keyless,
  };
}
