import { batchBaseOffset, batchLastOffset, batchSize, checkBatch, encodeBatch } from '@q/protocol';
import { StorageError, openDirectoryStore } from '@q/storage';
import type { LogStore, PartitionLog, StorageLog } from '@q/storage';
import { ManualClock } from '@q/testkit';
import { damaged, firstBadByte } from './damage.ts';
import type { Damage } from './damage.ts';
import { nowMs, storageLimits, timeOfFirstRecordMs } from './fixture.ts';
import type { Image, LogFacts } from './fixture.ts';
import { dataDir, diskOf, readFolder } from './folder.ts';
import type { Folder } from './folder.ts';
import { knownLimit } from './known-limits.ts';
import { readRecords, typedCode } from './stored-records.ts';
import type { Found } from './stored-records.ts';

/** What must be found in an image: taken from the image itself before anything is damaged, and checked by the tests. */
export interface Expected {
  readonly facts: LogFacts;
  readonly records: ReadonlyMap<number, string>;
  /** Where batches begin. */
  readonly stops: readonly number[];
  /** For some times: the first record that late. */
  readonly times: ReadonlyMap<number, number | null>;
}

/** What became of one damaged folder. `outcome` counts; each of `wrongs` is a failure of the rig. */
export interface Verdict {
  readonly outcome: 'unharmed' | 'told' | 'quarantined' | 'refused' | 'tail cut' | 'crashed' | 'hung';
  readonly wrongs: readonly string[];
  /** Why the wrongs are no failures: the files cannot show this damage. */
  readonly limit: string | null;
}

const fetchBytes = 400;

export async function expectedOf(image: Image): Promise<Expected[]> {
  const { store } = await openFolder(image.folder, null);
  const expected: Expected[] = [];
  for (const facts of image.logs) {
    const log = await store.open(facts.id, facts.config);
    const { records, errors } = await readRecords(log, { from: facts.startOffset, stops: [], maxBytes: fetchBytes });
    if (errors.length > 0 || log.state !== 'open')
      throw new Error(`the fixture ${facts.id.topic} is damaged before it is damaged`);
    const times = new Map<number, number | null>();
    for (let offset = 0; offset < facts.endOffset + 4; offset += 7) {
      const timeMs = timeOfFirstRecordMs + (offset >> 1) * 1_000 + (offset & 1);
      times.set(timeMs, (await log.offsetForTimestamp(timeMs))?.offset ?? null);
    }
    expected.push({ facts, records, times, stops: batchStarts(image.folder, facts) });
  }
  return expected;
}

function batchStarts(folder: Folder, { id }: LogFacts): number[] {
  const starts: number[] = [];
  for (const [path, bytes] of folder) {
    if (!path.startsWith(`${id.topic}-`) || !path.endsWith('.log')) continue;
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) starts.push(batchBaseOffset(bytes, at));
  }
  return starts;
}

interface OpenFolder {
  readonly store: LogStore;
  readonly disk: Awaited<ReturnType<typeof diskOf>>;
  /** What the store has called an error while it was opened. */
  readonly errors: readonly string[];
}

async function openFolder(folder: Folder, damage: Damage | null): Promise<OpenFolder> {
  const change = damage === null ? undefined : { path: damage.path, bytes: damaged(folder.get(damage.path)!, damage) };
  const disk = await diskOf(folder, change);
  const clock = new ManualClock({ startMs: nowMs });
  const onFatal = (error: Error): void => {
    throw error;
  };
  const errors: string[] = [];
  const log: StorageLog = {
    info: () => undefined,
    warn: () => undefined,
    error: (_fields, message) => void errors.push(message),
  };
  const store = await openDirectoryStore({
    directory: dataDir,
    fileSystem: disk,
    clock,
    log,
    onFatal,
    limits: storageLimits,
  });
  return { store, disk, errors };
}

/** A flipped bit can make a version a later one: the whole folder is refused then, and nothing in it was touched. */
function unlessNewer(error: unknown): null {
  if (StorageError.is(error) && error.code === 'UNSUPPORTED_FORMAT') return null;
  throw error;
}

/** Opens the damaged folder and looks at every log that the damage can concern. */
export async function inspectLogs(image: Image, damage: Damage, expected: readonly Expected[]): Promise<Verdict> {
  const opened = await openFolder(image.folder, damage).catch(unlessNewer);
  if (opened === null) return { outcome: 'refused', wrongs: [], limit: null };
  const { store, disk, errors } = opened;
  const concerned = expected.filter(
    ({ facts }) => !damage.path.includes('/') || damage.path.startsWith(`${facts.id.topic}-0/`),
  );
  const verdicts: Verdict[] = [];
  for (const each of concerned) {
    const verdict = await inspectLog({ store, image, damage, expected: each });
    const lost =
      verdict.outcome === 'tail cut' ? [] : await lostFiles(disk, image.folder, { damage, topic: each.facts.id.topic });
    verdicts.push({ ...verdict, wrongs: [...verdict.wrongs, ...lost] });
  }
  // An empty file is one that was never finished; after a clean shutdown nothing in it counts.
  const mustTell = image.name === 'crashed' && damage.kind === 'cut' && damage.at > 0 && isJournal(damage);
  if (mustTell && !errors.some((message) => message.includes('journal'))) {
    verdicts.push({
      outcome: 'unharmed',
      wrongs: ['a journal file is shorter than it was made, and nothing says so'],
      limit: null,
    });
  }
  const worst = verdicts.find(({ outcome }) => outcome !== 'unharmed') ?? verdicts[0]!;
  const limit =
    concerned.map(({ facts }) => knownLimit(image.folder, damage, facts)).find((known) => known !== null) ?? null;
  return { outcome: worst.outcome, wrongs: verdicts.flatMap(({ wrongs }) => wrongs), limit };
}

interface Subject {
  readonly store: LogStore;
  readonly image: Image;
  readonly damage: Damage;
  readonly expected: Expected;
}

async function inspectLog(subject: Subject): Promise<Verdict> {
  const { facts, stops } = subject.expected;
  let log: PartitionLog;
  try {
    log = await subject.store.open(facts.id, facts.config);
  } catch (error) {
    typedCode(error);
    return { outcome: 'refused', wrongs: [], limit: null };
  }
  // Where deleted records have come back, they are read too, and are not held against it.
  const found = await readRecords(log, { from: log.logStartOffset, stops, maxBytes: fetchBytes });
  const wrongs = [
    ...wrongRecords(found, subject),
    ...(await wrongSeeks(log, subject)),
    ...(await wrongTimes(log, subject)),
  ];
  const missing = missingRecords(found, subject);
  if (log.state === 'quarantined') return { outcome: 'quarantined', wrongs, limit: null };
  wrongs.push(...found.stalledAt.map((offset) => `a read at offset ${offset} gives nothing and no error`));
  if (found.errors.length > 0) return { outcome: 'told', wrongs, limit: null };
  const isCut = missing.length > 0 && mayCut(subject, missing[0]!);
  if (missing.length > 0 && !isCut)
    wrongs.push(
      `records are missing and nothing says so: ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', …' : ''}`,
    );
  const append = missing.length === 0 ? await appendOne(log, subject) : { isRefused: false, wrongs: [] };
  wrongs.push(...append.wrongs);
  return { outcome: isCut ? 'tail cut' : append.isRefused ? 'told' : 'unharmed', wrongs, limit: null };
}

/** A record that is not, byte for byte, what was written at that offset. */
function wrongRecords(found: Found, { expected, image }: Subject): string[] {
  const wrongs = found.repeats.map((offset) => `offset ${offset} is read twice`);
  for (const [offset, text] of found.records) {
    const written = expected.records.get(offset);
    if (written === undefined && offset >= expected.facts.startOffset)
      wrongs.push(`offset ${offset} was never written (${image.name})`);
    if (written !== undefined && written !== text) wrongs.push(`offset ${offset} is not what was written`);
  }
  return wrongs;
}

function missingRecords(found: Found, { expected }: Subject): number[] {
  return [...expected.records.keys()].filter((offset) => !found.records.has(offset));
}

/** Finds each record by its offset, as a consumer that begins there: this goes through the index. */
async function wrongSeeks(log: PartitionLog, { expected }: Subject): Promise<string[]> {
  const wrongs: string[] = [];
  for (const offset of expected.records.keys()) {
    if (offset % 3 !== 0 || offset < log.logStartOffset || offset >= log.highWatermark) continue;
    try {
      const { buffers } = await log.read({ offset, maxBytes: 1, upTo: 'highWatermark' });
      const first = buffers[0];
      if (first === undefined || checkBatch(first, 0, first.length) !== 'ok') continue;
      // The next record that is there may be a later one only in a compacted log, and never past one that exists.
      const passed = [...expected.records.keys()].filter((other) => other >= offset && other < batchBaseOffset(first));
      if (passed.length > 0)
        wrongs.push(`a read at offset ${offset} begins at ${batchBaseOffset(first)} and passes over records`);
    } catch (error) {
      typedCode(error);
    }
  }
  return wrongs;
}

async function wrongTimes(log: PartitionLog, { expected }: Subject): Promise<string[]> {
  if (
    log.state !== 'open'
    || log.logStartOffset !== expected.facts.startOffset
    || log.logEndOffset !== expected.facts.endOffset
  )
    return [];
  const wrongs: string[] = [];
  for (const [timeMs, offset] of expected.times) {
    try {
      const found = (await log.offsetForTimestamp(timeMs))?.offset ?? null;
      if (found !== offset)
        wrongs.push(
          `time lookup: the first record at ${timeMs - timeOfFirstRecordMs} ms is said to be ${found}, and is ${offset}`,
        );
    } catch (error) {
      typedCode(error);
    }
  }
  return wrongs;
}

/** The log takes the next record behind the last one, and gives it back; or it refuses with an error. */
async function appendOne(log: PartitionLog, { expected }: Subject): Promise<{ isRefused: boolean; wrongs: string[] }> {
  const { endOffset } = expected.facts;
  if (log.logEndOffset !== endOffset)
    return { isRefused: false, wrongs: [`the log ends at ${log.logEndOffset}, not at ${endOffset}`] };
  try {
    const { baseOffset, durable } = log.append(encodeBatch([{ key: 'k', value: 'next', timestampMs: nowMs }]), {
      leaderEpoch: 0,
    });
    await durable;
    const { records } = await readRecords(log, { from: baseOffset, stops: [], maxBytes: fetchBytes });
    const isRight = baseOffset === endOffset && records.size === 1;
    return {
      isRefused: false,
      wrongs: isRight ? [] : [`an append at ${baseOffset} is read back as ${records.size} records`],
    };
  } catch (error) {
    typedCode(error);
    return { isRefused: true, wrongs: [] };
  }
}

/**
 * RFC 3, "A bad batch": what lies above the recovery point and has nothing valid behind it is a torn tail, which no rig
 * can tell from one. Only there, and only after a crash, may acknowledged records go without a word to the consumer.
 * The newest entry of the journal is such a tail, too.
 */
function mayCut({ image, damage, expected }: Subject, firstMissing: number): boolean {
  if (image.name === 'crashed' && isJournal(damage)) return firstMissing >= endOfSegments(image.folder, expected.facts);
  if (image.name !== 'crashed' || !damage.path.endsWith('.log') || firstMissing < expected.facts.recoveryPoint)
    return false;
  const bytes = image.folder.get(damage.path)!;
  const laterLogs = [...image.folder.keys()].filter(
    (path) => path.endsWith('.log') && path > damage.path && path.startsWith(`${expected.facts.id.topic}-`),
  );
  if (laterLogs.length > 0) return false;
  if (damage.kind === 'cut' || damage.kind === 'missing') return true;
  const first = firstBadByte(bytes, damage);
  const hurt = batchesIn(bytes).filter(({ end }) => end > first);
  // A stretch of zeros is a sector that was never written, whatever lies behind it.
  return damage.kind === 'zeros' || hurt.length <= 1;
}

function isJournal({ path }: Damage): boolean {
  return path.startsWith('journal.');
}

/** What lies behind it is in the journal alone. */
function endOfSegments(folder: Folder, { id }: LogFacts): number {
  let end = 0;
  for (const [path, bytes] of folder) {
    if (!path.startsWith(`${id.topic}-0/`) || !path.endsWith('.log')) continue;
    for (const { start } of batchesIn(bytes)) end = Math.max(end, batchLastOffset(bytes.subarray(start)) + 1);
  }
  return end;
}

function batchesIn(bytes: Buffer): { start: number; end: number }[] {
  const batches: { start: number; end: number }[] = [];
  for (let at = 0; at < bytes.length; at += batchSize(bytes, at))
    batches.push({ start: at, end: at + batchSize(bytes, at) });
  return batches;
}

/** Log files that were there and are not, or are shorter: whatever happens, records on disk are not thrown away. */
async function lostFiles(
  disk: Awaited<ReturnType<typeof diskOf>>,
  folder: Folder,
  o: { damage: Damage; topic: string },
): Promise<string[]> {
  const left = await readFolder(disk);
  const wrongs: string[] = [];
  for (const [path, bytes] of folder) {
    if (!path.endsWith('.log') || !path.startsWith(`${o.topic}-0/`)) continue;
    if (path === o.damage.path) continue;
    const now = left.get(path);
    if (now === undefined) wrongs.push(`${path} was removed`);
    else if (!now.subarray(0, bytes.length).equals(bytes)) wrongs.push(`${path} was changed`);
  }
  return wrongs;
}
