import { failureRateMax } from '@q/testkit';
import type { RigReport } from '@q/testkit';

/** The reports as a table, with the 95 % bound where nothing failed, and the failures below it. */
export function proofMarkdown(reports: readonly RigReport[]): string {
  const rows = reports.map((report) => `| ${[report.rig, report.runs, report.seeds.join(', '), report.failures.length, boundOf(report), report.seconds, notesOf(report)].join(' | ')} |`);
  const failures = reports.flatMap(({ rig, failures: all }) => all.map(({ seed, message, replay }) => `- ${rig}, seed ${seed}: ${message}\n  \`${replay}\``));
  return [
    '# Proof',
    '',
    'The bound is the highest rate of failure, with 95 % confidence, that is in keeping with no failure in so many runs: 3/N.',
    '',
    '| rig | runs | first seed | failures | rate at most | seconds | notes |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
    ...(failures.length === 0 ? [] : ['## Failures', '', ...failures, '']),
  ].join('\n');
}

function boundOf(report: RigReport): string {
  const bound = failureRateMax(report);
  return bound === null ? '–' : bound.toExponential(1);
}

function notesOf({ notes = {} }: RigReport): string {
  return Object.entries(notes)
    .map(([what, value]) => `${what}: ${value}`)
    .join('; ');
}
