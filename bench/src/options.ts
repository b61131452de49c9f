import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { profiles } from './profile.ts';
import type { Profile } from './profile.ts';

export interface BenchOptions {
  readonly profile: Profile;
  readonly directory: string;
  /** Where the JSON goes beside `bench/results/`; null: nowhere else. */
  readonly jsonFile: string | null;
  /** Only cases whose group or name contains this; only peers whose name does. */
  readonly only: string | null;
  /** Compare with other logs instead of with the bare machine. */
  readonly isWithPeers: boolean;
  /** Where the peers' programs are kept; null: in the user's cache folder. */
  readonly peersFolder: string | null;
  /** Null: as the profile says. */
  readonly roundsGiven: number | null;
  readonly help: boolean;
}

export const helpText = `Usage: pnpm bench [peers] [--quick] [--only TEXT] [--json FILE] [--dir FOLDER] [--rounds N] [--peers-dir FOLDER]

Measures the bare machine and the product in turn, prints the ratios, and writes JSON to bench/results/.
With peers, measures Kafka, NATS JetStream, Redis Streams and RabbitMQ streams instead of the bare machine.

  --quick             fewer cases, shorter rounds: under two minutes, with peers some five
  --only TEXT         only cases whose group or name contains TEXT, e.g. produce; only peers whose name does
  --json FILE         write the JSON there too
  --dir FOLDER        folder on the disk to measure (default: the system's folder for temporary files)
  --rounds N          rounds of each case
  --peers-dir FOLDER  where the peers' programs are kept (default: Q_BENCH_PEERS_DIR, or q-bench-peers in the user's cache folder)
`;

export function readOptions(argv: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: argv.filter((arg) => arg !== '--'),
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'string' },
      dir: { type: 'string' },
      rounds: { type: 'string' },
      'peers-dir': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const profile = values.quick ? profiles.quick : profiles.full;
  const rounds = values.rounds === undefined ? profile.rounds : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds}: allowed is a whole number from 1`);
  if (positionals.length > 1 || (positionals[0] ?? 'peers') !== 'peers') throw new Error(`${positionals.join(' ')}: the only word that is known is peers`);
  return {
    profile: { ...profile, rounds },
    directory: values.dir ?? tmpdir(),
    jsonFile: values.json ?? null,
    only: values.only ?? null,
    isWithPeers: positionals.length === 1,
    peersFolder: values['peers-dir'] ?? process.env['Q_BENCH_PEERS_DIR'] ?? null,
    roundsGiven: values.rounds === undefined ? null : rounds,
    help: values.help,
  };
}
