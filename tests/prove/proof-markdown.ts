import { failureRateMax } from '@q/testkit';
import type { RigFailure, RigReport } from '@q/testkit';

/** What was run, and where. */
export interface Proof {
  readonly startedAt: string;
  readonly machine: string;
  readonly seed: number;
  /** Of the whole, on the clock. */
  readonly seconds: number;
  readonly reports: readonly RigReport[];
}

/** Every failure, and for each rig that neither tried anything nor says why, one more: it proves nothing. */
export function failuresOf(reports: readonly RigReport[]): (RigFailure & { readonly rig: string })[] {
  return reports.flatMap(({ rig, runs, failures, notes }) => {
    const isEmpty = runs === 0 && failures.length === 0 && notes?.['skipped'] === undefined;
    const all = isEmpty
      ? [{ seed: 0, message: 'nothing was tried', replay: `node --conditions=@q/source tests/rig.ts ${rig}` }]
      : failures;
    return all.map((failure) => ({ rig, ...failure }));
  });
}

/** A summary by rig, what failed and how to see it again, what was left out, and each report with its notes. */
export function proofMarkdown({ startedAt, machine, seed, seconds, reports }: Proof): string {
  const failures = failuresOf(reports);
  const skipped = reports.flatMap(({ rig, notes }) =>
    notes?.['skipped'] === undefined ? [] : [`- ${rig} was skipped: ${notes['skipped']}`],
  );
  return [
    '# Proof',
    '',
    `${startedAt}, ${machine}, ${seconds} s in all, seed ${seed}: ${failures.length === 0 ? 'no failure' : `${failures.length} failures`}.`,
    'The bound is the highest rate of failure, with 95 % confidence, that is in keeping with no failure in so many runs: 3/N.',
    'Where a rig is of several kinds, it is that of the kind that ran least.',
    '',
    '| rig | kinds | runs | fewest of a kind | failures | rate at most |',
    '|---|---|---|---|---|---|',
    ...[...Map.groupBy(reports, programOf)].map(([program, kinds]) =>
      row([program, kinds.length, sum(kinds), fewest(kinds).runs, failuresOf(kinds).length, boundOf(kinds)]),
    ),
    '',
    ...(skipped.length === 0 ? [] : [...skipped, '']),
    ...(failures.length === 0
      ? []
      : [
          '## Failures',
          '',
          ...failures.map(
            ({ rig, seed: failed, message, replay }) => `- ${rig}, seed ${failed}: ${message}\n  \`${replay}\``,
          ),
          '',
        ]),
    '## Each',
    '',
    '| rig | runs | first seed | failures | rate at most | seconds | notes |',
    '|---|---|---|---|---|---|---|',
    ...reports.map((report) =>
      row([
        report.rig,
        report.runs,
        Math.min(...report.seeds),
        report.failures.length,
        boundOf([report]),
        report.seconds,
        notesOf(report),
      ]),
    ),
    '',
  ].join('\n');
}

function row(cells: readonly (number | string)[]): string {
  return `| ${cells.map((cell) => (cell === Number.POSITIVE_INFINITY ? '–' : cell)).join(' | ')} |`;
}

/** `fuzz` of `fuzz/frame decoder`. */
function programOf({ rig }: RigReport): string {
  return rig.split('/')[0]!;
}

function sum(reports: readonly RigReport[]): number {
  return reports.reduce((total, { runs }) => total + runs, 0);
}

function fewest(reports: readonly RigReport[]): RigReport {
  return reports.reduce((least, report) => (report.runs < least.runs ? report : least));
}

function boundOf(reports: readonly RigReport[]): string {
  const bound = failureRateMax({ runs: fewest(reports).runs, failures: reports.flatMap(({ failures }) => failures) });
  return bound === null ? '–' : bound.toExponential(1);
}

function notesOf({ notes = {} }: RigReport): string {
  return Object.entries(notes)
    .map(([what, value]) => `${what}: ${value}`)
    .join('; ');
}
