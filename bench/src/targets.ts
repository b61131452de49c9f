import type { Unit, VariantName } from './case.ts';
import { spreadOf } from './measure/spread.ts';
import type { Spread } from './measure/spread.ts';
import { pairedRatio } from './runner.ts';
import type { CaseResult } from './runner.ts';

/** What is to be reached, in one case, by the median of its rounds. */
export interface Target {
  /** In words. */
  readonly what: string;
  readonly group: string;
  readonly case: string;
  /** The product's number: one of its details, or the case's value. */
  readonly of?: string;
  /** What it is divided by, round by round; absent: the number itself counts. */
  readonly per?: { readonly variant: VariantName; readonly of?: string };
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Of the number; a ratio has none. */
  readonly unit?: Unit;
}

export interface Judgement {
  readonly target: Target;
  readonly measured: Spread | null;
  readonly verdict: 'reached' | 'not reached' | 'not measured';
}

const produce = { group: 'produce', per: { variant: 'ceiling' }, atLeast: 0.7 } as const;
const consume = { group: 'consume', per: { variant: 'ceiling' }, atLeast: 0.7 } as const;
/**
 * The bytes of files have no records: with very small ones a consumer is slower than they are, on two cores, whatever
 * serves it (docs/PERFORMANCE.md).
 */
const files = { group: 'consume', per: { variant: 'files' }, atLeast: 0.7 } as const;
const sends = { group: 'awaited single sends' } as const;
const latency = { group: 'latency', case: '10,000/s, 100 B, fsync', per: { variant: 'ceiling', of: 'p50Ms' } } as const;
const busy = { group: 'memory of a busy broker' } as const;
const security = { group: 'security', per: { variant: 'base' } } as const;
const transactions = { group: 'transactions', per: { variant: 'base' } } as const;
const fanOut = { group: 'fan-out', case: '10 consumers, 100 B, 1 part., lent batches' } as const;

/**
 * The targets of "Speed: close to the bare machine in every shape". Those against peers are judged where peers are
 * measured.
 */
export const targets: readonly Target[] = [
  { what: 'produce, 100 B, 1 partition, fsync: of the ingest ceiling', case: '100 B, 1 part., fsync', ...produce },
  { what: 'produce, 100 B, 12 partitions, fsync: of the ingest ceiling', case: '100 B, 12 part., fsync', ...produce },
  {
    what: 'produce, 100 B, 1,000 partitions, fsync: of the same with 12',
    group: 'produce',
    case: '100 B, 1000 part., fsync',
    per: { variant: 'base' },
    atLeast: 0.5,
  },
  {
    what: 'awaited sends, 64 in flight over 100 partitions: median, of the same on one',
    ...sends,
    case: '64 in flight, 100 part.',
    of: 'p50Ms',
    per: { variant: 'base', of: 'p50Ms' },
    atMost: 1.5,
  },
  {
    what: 'consume at the tail, 1 partition: of the serve ceiling',
    case: '100 B, 1 part., by batch, tail',
    ...consume,
  },
  {
    what: 'consume at the tail, 12 partitions: of the serve ceiling',
    case: '100 B, 12 part., by batch, tail',
    ...consume,
  },
  {
    what: 'consume from the page cache, 1 partition: of the serve ceiling',
    case: '100 B, 1 part., by batch, warm',
    ...consume,
  },
  {
    what: 'consume from the page cache, 12 partitions: of the serve ceiling',
    case: '100 B, 12 part., by batch, warm',
    ...consume,
  },
  { what: 'consume cold, 1 partition: of the serve ceiling', case: '100 B, 1 part., by batch, cold', ...consume },
  { what: 'consume cold, 12 partitions: of the serve ceiling', case: '100 B, 12 part., by batch, cold', ...consume },
  {
    what: 'consume cold, 1 KiB, 1 partition: of plain reads of the same files',
    case: '1 KiB, 1 part., by lent batch, cold',
    ...files,
  },
  {
    what: 'consume cold, 1 KiB, 12 partitions: of plain reads of the same files',
    case: '1 KiB, 12 part., by lent batch, cold',
    ...files,
  },
  {
    what: 'awaited single sends, 1 in flight: median, of echo',
    ...sends,
    case: '1 in flight',
    of: 'p50Ms',
    per: { variant: 'ceiling', of: 'p50Ms' },
    atMost: 1.5,
  },
  {
    what: 'awaited single sends, 1,000 in flight, one process',
    ...sends,
    case: '1,000 in flight',
    atLeast: 100_000,
    unit: 'sends/s',
  },
  { what: 'end to end at 10,000/s, fsync: p50, of the median of echo', ...latency, of: 'p50Ms', atMost: 3 },
  { what: 'end to end at 10,000/s, fsync: p99, of the median of echo', ...latency, of: 'p99Ms', atMost: 10 },
  {
    what: 'fan-out of 10: processor time of the broker for each byte, of one consumer',
    ...fanOut,
    per: { variant: 'base' },
    atMost: 1.3,
  },
  {
    what: 'fan-out of 10: processor time of broker and clients for each byte, of one consumer',
    ...fanOut,
    of: 'totalNsPerByte',
    per: { variant: 'base', of: 'totalNsPerByte' },
    atMost: 1.3,
  },
  {
    what: 'fan-out of 10: bytes that the broker read, from files or sockets, for each delivered',
    ...fanOut,
    of: 'readPerByte',
    atMost: 0.01,
  },
  { what: 'idle broker: resident', group: 'memory', case: 'idle broker, resident', atMost: 80, unit: 'MB' },
  {
    what: "broker's peak, 12 partitions, lz4 for a minute",
    ...busy,
    case: '100 B, 12 part., lz4',
    atMost: 250,
    unit: 'MB',
  },
  {
    what: '… its throughput, of an earlier build (where one is named)',
    ...busy,
    case: '100 B, 12 part., lz4',
    of: 'recordsPerSecond',
    per: { variant: 'base', of: 'recordsPerSecond' },
    atLeast: 0.95,
  },
  { what: "broker's peak, zstd", ...busy, case: '100 B, 12 part., zstd', atMost: 300, unit: 'MB' },
  { what: "broker's peak, gzip", ...busy, case: '100 B, 12 part., gzip', atMost: 300, unit: 'MB' },
  { what: "broker's peak, snappy", ...busy, case: '100 B, 12 part., snappy', atMost: 300, unit: 'MB' },
  { what: "broker's peak, 100 KiB, no codec", ...busy, case: '100 KiB, 12 part., no codec', atMost: 300, unit: 'MB' },
  {
    what: "broker's peak, the same beside 50 slow consumers",
    ...busy,
    case: '100 KiB, 12 part., no codec, 50 slow consumers',
    atMost: 300,
    unit: 'MB',
  },
  {
    what: 'start to ready, empty folder',
    group: 'start',
    case: 'broker, empty folder, to /readyz',
    atMost: 150,
    unit: 'ms',
  },
  {
    what: 'start to ready, 10,000 partitions',
    group: 'growth, partitions',
    case: 'start to ready, 10,000 partitions',
    atMost: 3000,
    unit: 'ms',
  },
  {
    what: 'resident after the start, 10,000 partitions',
    group: 'growth, partitions',
    case: 'resident after the start, 10,000 partitions',
    atMost: 250,
    unit: 'MB',
  },
  {
    what: 'first acknowledgement after kill -9, 10 GiB',
    group: 'growth, recovery',
    case: 'first acknowledgement after kill -9, 10 GiB',
    atMost: 2000,
    unit: 'ms',
  },
  {
    what: 'a backup of 2 GiB: of a plain copy',
    group: 'backup',
    case: '2048 MiB, to a folder',
    per: { variant: 'base' },
    atMost: 2,
  },
  {
    what: 'acknowledgements while backups are made: p99, of the same without',
    group: 'backup',
    case: 'acknowledgements at 1,000/s, p99',
    per: { variant: 'base' },
    atMost: 1.5,
  },
  {
    what: 'a scrape, 1,000 partitions',
    group: 'growth, partitions',
    case: 'scrape, 1,000 partitions',
    atMost: 5,
    unit: 'ms',
  },
  {
    what: 'a scrape, 10,000 partitions',
    group: 'growth, partitions',
    case: 'scrape, 10,000 partitions',
    atMost: 50,
    unit: 'ms',
  },
  {
    what: 'longest turn while scraping, 10,000 partitions',
    group: 'growth, partitions',
    case: 'longest turn while scraping, 10,000 partitions',
    atMost: 10,
    unit: 'ms',
  },
  { what: 'produce, 100 B, TLS 1.3: of the same plainly', ...security, case: 'produce, TLS 1.3', atLeast: 0.6 },
  { what: 'consume, 100 B, TLS 1.3: of the same plainly', ...security, case: 'consume, TLS 1.3', atLeast: 0.6 },
  {
    what: 'produce, 100 B, TLS 1.3: of a bare Node program that encrypts, frames, checks and syncs',
    ...security,
    case: 'produce, TLS 1.3',
    per: { variant: 'ceiling' },
    atLeast: 0.85,
  },
  {
    what: 'produce through TLS, records for each second of processor time: of Kafka 4.4',
    ...security,
    case: 'produce, TLS, beside Kafka',
    atLeast: 4,
  },
  {
    what: 'access rules, 10,000: processor time of the broker for a record, of without',
    ...security,
    case: 'produce, 10,000 rules',
    atMost: 1.03,
  },
  {
    what: 'acknowledgements at 100,000/s beside 50 PLAIN logins a second: p99, of without',
    ...security,
    case: 'acknowledgements beside 50 logins/s, p99',
    atMost: 2,
  },
  {
    what: '1,000 idle TLS connections: resident, each',
    group: 'security',
    case: '1,000 idle TLS connections, each',
    atMost: 60,
    unit: 'KB',
  },
  {
    what: 'produce in transactions of 100 ms, 12 partitions: processor time a record, of plain idempotent produce',
    ...transactions,
    case: 'produce, 12 part., transactions of 100 ms',
    atMost: 1.1,
  },
  {
    what: "transactions of one record on each of 4 partitions, 64 producers, Kafka's client: of Kafka's, its fsync off",
    ...transactions,
    case: "1 record in each of 4 part., 64 producers, Kafka's client",
    atLeast: 3,
  },
  {
    what: 'one such transaction: median, of two bare fsynced round trips',
    ...transactions,
    case: '1 record in each of 4 part., 1 producer, median',
    per: { variant: 'ceiling' },
    atMost: 1.5,
  },
  {
    what: 'consume, process, produce: records per second, of the same without transactions',
    ...transactions,
    case: 'consume, process, produce',
    atLeast: 0.7,
  },
  {
    what: 'fetch of committed records: processor time a record, of uncommitted',
    ...transactions,
    case: 'fetch of committed records',
    atMost: 1.05,
  },
  {
    what: 'first commit after kill -9, 10,000 open transactions',
    group: 'transactions',
    case: 'first commit after kill -9, 10,000 open transactions',
    atMost: 3000,
    unit: 'ms',
  },
];

export function judge(results: readonly CaseResult[], wanted: readonly Target[] = targets): Judgement[] {
  return wanted.map((target) => {
    const result = results.find(({ group, name }) => group === target.group && name === target.case);
    const measured = result === undefined ? null : measure(result, target);
    return {
      target,
      measured,
      verdict: measured === null ? 'not measured' : isReached(target, measured) ? 'reached' : 'not reached',
    };
  });
}

function measure(result: CaseResult, { of, per }: Target): Spread | null {
  const numbers = numbersOf(result, 'product', of);
  if (per !== undefined) return pairedRatio({ of: numbers, to: numbersOf(result, per.variant, per.of) });
  return numbers.length === 0 ? null : spreadOf(numbers);
}

function numbersOf(result: CaseResult, name: VariantName, detail: string | undefined): number[] {
  const samples = result.variants.find((variant) => variant.name === name)?.samples ?? [];
  return samples.flatMap((sample) => (detail === undefined ? sample.value : (sample.details?.[detail] ?? [])));
}

function isReached(
  { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }: Target,
  { median }: Spread,
): boolean {
  return median >= atLeast && median <= atMost;
}
