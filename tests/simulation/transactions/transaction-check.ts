import type { SeenRecord } from './committed-reads.ts';
import type { KnownEnd, WrittenRecord } from './transaction-history.ts';
import type { TransactionWorld } from './transaction-world.ts';

/** All committed records of one partition that could be read. */
export interface FinalPartition {
  readonly topic: string;
  readonly partition: number;
  readonly logStartOffset: number;
  /** Everything below was read: what is above may be held back. */
  readonly readTo: number;
  readonly records: readonly SeenRecord[];
}

export interface JudgedTransaction {
  readonly number: number;
  readonly transactionalId: string;
  readonly records: readonly WrittenRecord[];
  readonly end: KnownEnd;
}

/** What was asked for, and what was answered. */
export interface JudgedHistory {
  readonly transactions: readonly JudgedTransaction[];
  /** Plain records that were acknowledged, by their value. */
  readonly plain: ReadonlyMap<string, { readonly topic: string; readonly partition: number; readonly offset: number }>;
  readonly plainSent: ReadonlySet<string>;
}

export interface Judge {
  readonly history: JudgedHistory;
  problem(text: string): void;
}

/** Nothing of these may be missing: no compaction or retention takes it. */
const lastingTopics: ReadonlySet<string> = new Set(['kept', 'source', 'sink']);

/** Compares what was promised with what is there. */
export function checkTransactions(judge: Judge, partitions: readonly FinalPartition[]): void {
  const seen = new Map<string, { readonly record: SeenRecord; readonly place: FinalPartition }>();
  for (const place of partitions) {
    for (const record of place.records) {
      if (seen.has(record.value)) judge.problem(`${record.value} is there twice`);
      seen.set(record.value, { record, place });
    }
  }
  for (const transaction of judge.history.transactions) checkOne(judge, transaction, { partitions, seen });
  checkOrigins(judge, seen);
  checkPlain(judge, { partitions, seen });
  checkKeys(judge, partitions);
}

interface Seen {
  readonly partitions: readonly FinalPartition[];
  readonly seen: ReadonlyMap<string, { readonly record: SeenRecord; readonly place: FinalPartition }>;
}

function checkOne(judge: Judge, transaction: JudgedTransaction, { partitions, seen }: Seen): void {
  const { transactionalId, number, end, records } = transaction;
  const name = `transaction ${number} of ${transactionalId}, ${end}`;
  const isThere = records.some(({ value }) => seen.has(value));
  if ((end === 'aborted' || end === 'open') && isThere) judge.problem(`${name}: a record of it is shown`);
  if (end !== 'committed' && !isThere) return;
  for (const { value, topic, partition, offset } of records) {
    const place = partitions.find((each) => each.topic === topic && each.partition === partition);
    if (offset === null || place === undefined || offset >= place.readTo) continue;
    if (!lastingTopics.has(topic) && (topic !== 'trimmed' || offset < place.logStartOffset)) continue;
    const found = seen.get(value);
    if (found?.place !== place || found.record.offset !== offset)
      judge.problem(`${name}: ${value} at ${topic}/${partition} ${offset} is missing`);
  }
}

/** Everything that is shown was written by somebody, and in each partition in the order of its writer. */
function checkOrigins(judge: Judge, seen: Seen['seen']): void {
  const written = new Set(judge.history.transactions.flatMap(({ records }) => records.map(({ value }) => value)));
  for (const value of seen.keys())
    if (!written.has(value) && !judge.history.plainSent.has(value)) judge.problem(`${value} was never written`);
  for (const { number, records } of judge.history.transactions) {
    const last = new Map<string, number>();
    for (const { topic, partition, value } of records) {
      const offset = seen.get(value)?.record.offset;
      if (offset === undefined) continue;
      const place = `${topic}/${partition}`;
      if (offset <= (last.get(place) ?? -1)) judge.problem(`transaction ${number} is out of order in ${place}`);
      last.set(place, offset);
    }
  }
}

function checkPlain(judge: Judge, { partitions, seen }: Seen): void {
  for (const [value, { topic, partition, offset }] of judge.history.plain) {
    const place = partitions.find((each) => each.topic === topic && each.partition === partition);
    if (place === undefined || topic === 'compacted') continue;
    if (offset < place.logStartOffset || offset >= place.readTo) continue;
    if (seen.get(value)?.record.offset !== offset)
      judge.problem(`plain ${value} at ${topic}/${partition} ${offset} is missing`);
  }
}

/** Of each key the last value that was committed is there, or a later one. */
function checkKeys(judge: Judge, partitions: readonly FinalPartition[]): void {
  const place = partitions.find(({ topic }) => topic === 'compacted')!;
  const newest = new Map<string, number>();
  for (const { key, offset } of place.records) newest.set(key, Math.max(offset, newest.get(key) ?? -1));
  for (const { end, records, number } of judge.history.transactions) {
    if (end !== 'committed') continue;
    for (const { topic, key, offset, value } of records)
      if (topic === 'compacted' && offset !== null && offset < place.readTo && offset > (newest.get(key) ?? -1))
        judge.problem(`${value} of transaction ${number} was the newest of key ${key}, and is gone`);
  }
}

/** Each group of one user has what that has committed last. */
export function checkOffset(world: TransactionWorld, groupId: string, offset: number): void {
  const allowed: number[] = [];
  let isSure = false;
  for (const step of (world.history.offsets.get(groupId) ?? []).toReversed()) {
    if (step.mayBe()) allowed.push(step.offset);
    isSure = step.isSure();
    if (isSure) break;
  }
  if (!isSure) allowed.push(-1);
  if (!allowed.includes(offset)) world.problem(`${groupId} has ${offset}, and not one of ${allowed.join(', ')}`);
}

/**
 * What workers have made of `source` in `sink`: of each record once, in order, and of no other one. `workOffset`: all
 * below is worked on, and nothing else; null: nobody can say yet how far they are.
 */
export function checkWork(
  judge: Judge,
  { source, sink, workOffset }: { source: FinalPartition; sink: FinalPartition; workOffset: number | null },
): void {
  const given = source.records.filter(({ offset }) => workOffset === null || offset < workOffset);
  const wanted = given.map(({ value }) => `o:${value}`);
  const made = sink.records.flatMap(({ key, value }) => (key === 'made' ? [value.split('#')[0]] : []));
  const first = made.findIndex((value, index) => wanted[index] !== value);
  if (first >= 0 || (workOffset !== null && made.length !== wanted.length))
    judge.problem(
      `of ${wanted.length} records of ${source.partition} that were worked on there are ${made.length}; ${first} is another one`,
    );
}

/** Somebody who read committed records of a partition on the way. */
export interface Watched {
  readonly topic: string;
  readonly partition: number;
  /** By offset. */
  readonly seen: ReadonlyMap<number, SeenRecord>;
  /** All below was read. */
  readonly position: number;
}

/** Whoever read committed records on the way was shown nothing else than what is committed, and missed nothing. */
export function checkWatcher(judge: Judge, watcher: Watched, final: FinalPartition): void {
  const name = `${watcher.topic}/${watcher.partition}`;
  const values = new Map(final.records.map(({ offset, value }) => [offset, value]));
  const mayBeGone = watcher.topic === 'compacted';
  for (const { offset, value } of watcher.seen.values()) {
    if (offset < final.logStartOffset || (mayBeGone && !values.has(offset))) continue;
    if (values.get(offset) !== value)
      judge.problem(`${name} showed ${value} at ${offset}, which is not committed: ${values.get(offset)}`);
  }
  for (const { offset, value } of final.records)
    if (offset < watcher.position && !watcher.seen.has(offset) && watcher.topic !== 'trimmed')
      judge.problem(`${name} was read to ${watcher.position} without ${value} at ${offset}`);
}
