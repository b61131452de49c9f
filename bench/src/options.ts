import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { profiles } from './profile.ts';
import type { Profile } from './profile.ts';

export interface BenchOptions {
  readonly profile: Profile;
  readonly directory: string;
  /** Where the JSON goes beside `bench/results/`; null: nowhere else. */
  readonly jsonFile: string | null;
  /** Only cases whose group or name contains this. */
  readonly only: string | null;
  readonly help: boolean;
}

export const helpText = `Usage: pnpm bench [--quick] [--only TEXT] [--json FILE] [--dir FOLDER] [--rounds N]

Measures the bare machine and the product in turn, prints the ratios, and writes JSON to bench/results/.

  --quick       under two minutes: fewer cases, shorter rounds
  --only TEXT   only cases whose group or name contains TEXT, e.g. produce
  --json FILE   write the JSON there too
  --dir FOLDER  folder on the disk to measure (default: the system's folder for temporary files)
  --rounds N    rounds of each case
`;

export function readOptions(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: argv.filter((arg) => arg !== '--'),
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'string' },
      dir: { type: 'string' },
      rounds: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const profile = values.quick ? profiles.quick : profiles.full;
  const rounds = values.rounds === undefined ? profile.rounds : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds}: allowed is a whole number from 1`);
  return {
    profile: { ...profile, rounds },
    directory: values.dir ?? tmpdir(),
    jsonFile: values.json ?? null,
    only: values.only ?? null,
    help: values.help,
  };
}
