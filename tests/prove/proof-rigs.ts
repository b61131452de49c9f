import { formatPart } from '../part.ts';

/** One rig of the proof, and how much of it: counts are in the rig's own unit (see tests/rig.ts). */
export interface ProofRig {
  readonly name: string;
  /** The count of CI, and of the whole proof. `all` is a count only where it stands here. */
  readonly ci: string;
  readonly full: string;
  /** The argument that takes the count; default `count`. */
  readonly option?: 'count' | 'gib' | 'seconds';
  /** Can be done in parts by several processes. */
  readonly isDivisible?: boolean;
  /** Always this one, and not that of the day. */
  readonly seed?: number;
  /** It looks at time: nothing else runs meanwhile. */
  readonly isAlone?: boolean;
}

/** Those that take longest come first, so that no core is idle at the end. */
export const proofRigs: readonly ProofRig[] = [
  { name: 'kill', ci: '200', full: '10000' },
  { name: 'transaction-kill', ci: '100', full: '3000' },
  { name: 'bank', option: 'seconds', ci: '45', full: '300' },
  { name: 'power', ci: '1000', full: '30000' },
  { name: 'fuzz', ci: '200000', full: '10000000', isDivisible: true },
  { name: 'simulation', ci: '20000', full: '1000000', isDivisible: true },
  { name: 'transactions', ci: '30000', full: '3000000', isDivisible: true },
  { name: 'fuzz-connection', ci: '1000', full: '100000' },
  { name: 'surface', ci: '5000', full: '200000', isDivisible: true },
  // From the seed that the tests hunt from, too: from another one a bug may hide for longer than there is time.
  { name: 'planted', ci: '5', full: 'all', seed: 1 },
  { name: 'abuse', ci: '2000', full: '10000' },
  { name: 'damage', ci: '20000', full: 'all', isDivisible: true },
  { name: 'failing-disk', ci: '1', full: '1' },
  { name: 'full-disk', ci: '2', full: '20' },
  { name: 'shortage', ci: '1', full: '2' },
  { name: 'hostile-mix', option: 'seconds', ci: '60', full: '1800', isAlone: true },
  { name: 'recovery', option: 'gib', ci: '1', full: '10', isAlone: true },
];

/** What one process does. */
export interface Job {
  readonly rig: string;
  /** After the name of the rig's program. */
  readonly args: readonly string[];
  readonly isAlone: boolean;
}

export interface JobOptions {
  readonly isFull: boolean;
  /** Counts that are given, by the rig's name; 0 leaves a rig out. */
  readonly counts: Readonly<Record<string, string | undefined>>;
  readonly seed: number;
  /** Processes at once. */
  readonly lanes: number;
}

export function jobsOf(rigs: readonly ProofRig[], { isFull, counts, seed, lanes }: JobOptions): Job[] {
  return rigs.flatMap((rig) => {
    const count = counts[rig.name] ?? (isFull ? rig.full : rig.ci);
    if (!isCount(rig, count))
      throw new Error(`--${rig.name} takes a number${rig.full === 'all' ? ', or all' : ''}, not '${count}'`);
    if (Number(count) === 0) return [];
    const args = [`--${rig.option ?? 'count'}`, count, '--seed', String(rig.seed ?? seed)];
    const parts = rig.isDivisible === true ? lanes : 1;
    return Array.from({ length: parts }, (_, index) => ({
      rig: rig.name,
      args: parts === 1 ? args : [...args, '--part', formatPart({ index, of: parts })],
      isAlone: rig.isAlone === true,
    }));
  });
}

function isCount({ full }: ProofRig, count: string): boolean {
  return /^\d+$/.test(count) || (count === 'all' && full === 'all');
}

const msPerDay = 86_400_000;
/** More than any rig adds to its first seed, so that no two days try the same. */
export const seedsPerDay = 20_000;

/** Another one each day. */
export function seedOfDay(nowMs: number): number {
  return Math.floor(nowMs / msPerDay) * seedsPerDay;
}
