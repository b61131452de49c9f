import { usageError } from '../command-error.ts';

/** An offset of a file: where a group is to go on in one partition. */
export interface FileOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/**
 * Reads offsets by topic and partition, each place once.
 *
 *   JSON  what `q group describe --json` and `q group seek --json` write:
 *   `{"partitions":[{"topic","partition","offset"}]}` or
 *         the list alone. Without `offset`, `committedOffset` counts; a place where that is null has none and is left
 *         out.
 *   CSV   `topic,partition,offset` on each line. That very line may be the first; empty ones and those with a `#` are left out.
 */
export function parseOffsetFile(text: string): FileOffset[] {
  const offsets = /^\s*[[{]/.test(text) ? readJson(text) : readCsv(text);
  const seen = new Set<string>();
  for (const { topic, partition } of offsets) {
    const place = `${topic}, partition ${partition}`;
    if (seen.has(place)) throw usageError(`${place} is there twice`);
    seen.add(place);
  }
  return offsets;
}

function readCsv(text: string): FileOffset[] {
  const offsets: FileOffset[] = [];
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#') || (index === 0 && line === 'topic,partition,offset')) continue;
    const [topic = '', partition = '', offset = '', ...rest] = line.split(',').map((cell) => cell.trim());
    const isWhole = [partition, offset].every((cell) => /^\d{1,15}$/.test(cell));
    if (topic === '' || !isWhole || rest.length > 0)
      throw usageError(`line ${index + 1} is not topic,partition,offset`);
    offsets.push({ topic, partition: Number(partition), offset: Number(offset) });
  }
  return offsets;
}

function readJson(text: string): FileOffset[] {
  const entries = entriesOf(parseJson(text));
  return entries.flatMap((entry, index) => {
    const { topic, partition, offset } = readEntry(entry);
    if (offset === null) return [];
    const isWhole = [partition, offset].every((number) => Number.isSafeInteger(number) && Number(number) >= 0);
    if (typeof topic !== 'string' || topic === '' || !isWhole)
      throw usageError(`entry ${index} has no topic, partition and offset`);
    return [{ topic, partition: Number(partition), offset: Number(offset) }];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw usageError(`it is not JSON: ${(error as Error).message}`);
  }
}

function entriesOf(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json;
  const partitions = fieldsOf(json)['partitions'];
  if (Array.isArray(partitions)) return partitions;
  throw usageError('it has no list of partitions');
}

function readEntry(entry: unknown): { topic: unknown; partition: unknown; offset: unknown } {
  const { topic, partition, offset, committedOffset } = fieldsOf(entry);
  return { topic, partition, offset: offset === undefined ? committedOffset : offset };
}

function fieldsOf(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
}
