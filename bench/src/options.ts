import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { profiles } from './profile.ts';
import type { Profile } from './profile.ts';

export interface BenchOptions {
  readonly profile: Profile;
  readonly directory: string;
  /** Where the JSON goes beside `bench/results/`; null: nowhere else. */
  readonly jsonFile: string | null;
  /** Where the Markdown report with its plots goes beside `bench/results/`; null: nowhere else. */
  readonly reportFolder: string | null;
  /** JSON of an earlier run, to report on it instead of running. */
  readonly renderFile: string | null;
  /** Only cases whose group or name contains one of these; all when empty. Only peers whose name does. */
  readonly only: readonly string[];
  readonly list: boolean;
  /** Compare with other logs instead of with the bare machine. */
  readonly isWithPeers: boolean;
  /** Measure the door for Kafka clients beside Kafka instead. */
  readonly isKafka: boolean;
  /** Where the peers' programs are kept; null: in the user's cache folder. */
  readonly peersFolder: string | null;
  /** How long to run a mixed load, instead of measuring; null: not at all. */
  readonly mixedMinutes: number | null;
  /** Another checkout to compare with, pair by pair; null: none. */
  readonly pairsWith: string | null;
  readonly pairs: number;
  /** Run the product once in the one shape of `only`, and print the sample as JSON. */
  readonly isOnce: boolean;
  /** Null: as the profile says. */
  readonly roundsGiven: number | null;
  readonly help: boolean;
}

export const helpText = `Usage: pnpm bench [--quick] [--only TEXT]... [--list] [--rounds N] [--dir FOLDER] [--json FILE]
                  [--report FOLDER]
       pnpm bench --render FILE [--report FOLDER]
       pnpm bench mixed [--minutes N] [--dir FOLDER] [--json FILE]
       pnpm bench pairs --with FOLDER [--pairs N] [--only TEXT]... [--dir FOLDER] [--json FILE]
       pnpm bench peers [--quick] [--only PEER]... [--rounds N] [--dir FOLDER] [--json FILE] [--peers-dir FOLDER]
       pnpm bench kafka [--quick] [--only PART]... [--rounds N] [--dir FOLDER] [--json FILE] [--peers-dir FOLDER]

Measures the bare machine and the product in turn, prints the ratios and which targets are reached, and writes JSON and
a Markdown report with plots to bench/results/. With peers, measures Kafka, NATS JetStream, Redis Streams and RabbitMQ
streams instead of the bare machine. With kafka, measures Kafka's clients and tools against the product and against
Kafka. With mixed, runs broker and client under a low, mixed load, and tells whether the
memory of one of them grows.
With pairs, compares this checkout with another one: the product alone, in turn, shape by shape.

  --quick             under two minutes: the shapes that say most, shorter rounds; with peers some five
  --only TEXT         only the case whose "group: name" is TEXT, or those that contain it, e.g. produce, or "fetch by time, 1 GiB";
                      only peers whose name does; with kafka throughput, latency, doors, idle, doorCost; may be repeated
  --list              say which cases there are and how long each will take, and run none
  --rounds N          rounds of every case
  --with FOLDER       the other checkout, installed, with this bench in it
  --pairs N           how many pairs of each shape (default: 10)
  --minutes N         how long the mixed load runs (default: 60); less than 10 tells little
  --dir FOLDER        folder on the disk to measure (default: the system's folder for temporary files)
  --json FILE         write the JSON there too
  --report FOLDER     write the report there too
  --render FILE       report on the JSON of an earlier run
  --peers-dir FOLDER  where the peers' programs are kept (default: Q_BENCH_PEERS_DIR, or q-bench-peers in the user's cache folder)
`;

const words: readonly string[] = ['pairs', 'peers', 'kafka', 'mixed', 'once'];

export function readOptions(argv: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    args: argv.filter((arg) => arg !== '--'),
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      list: { type: 'boolean', default: false },
      json: { type: 'string' },
      report: { type: 'string' },
      render: { type: 'string' },
      dir: { type: 'string' },
      rounds: { type: 'string' },
      minutes: { type: 'string' },
      with: { type: 'string' },
      pairs: { type: 'string' },
      'peers-dir': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [word] = positionals;
  const isPaired = word === 'pairs' || word === 'once';
  const profile = values.quick ? profiles.quick : isPaired ? profiles.pair : profiles.full;
  const rounds = values.rounds === undefined ? null : readWhole('--rounds', values.rounds);
  if (positionals.length > 1 || (word !== undefined && !words.includes(word))) {
    throw new Error(`${positionals.join(' ')}: the only words that are known are ${words.join(', ')}`);
  }
  if ((word === 'pairs') !== (values.with !== undefined)) throw new Error('pairs and --with FOLDER go together');
  if (values.minutes !== undefined && word !== 'mixed') throw new Error('--minutes goes with mixed alone');
  return {
    profile: rounds === null ? profile : { ...profile, rounds, slowRounds: rounds, startRounds: rounds },
    directory: values.dir ?? tmpdir(),
    jsonFile: values.json ?? null,
    reportFolder: values.report ?? null,
    renderFile: values.render ?? null,
    only: values.only,
    list: values.list,
    isWithPeers: word === 'peers',
    isKafka: word === 'kafka',
    peersFolder: values['peers-dir'] ?? process.env['Q_BENCH_PEERS_DIR'] ?? null,
    mixedMinutes: word === 'mixed' ? readWhole('--minutes', values.minutes ?? '60') : null,
    pairsWith: values.with === undefined ? null : resolve(values.with),
    pairs: readWhole('--pairs', values.pairs ?? '10'),
    isOnce: word === 'once',
    roundsGiven: rounds,
    help: values.help,
  };
}

function readWhole(flag: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${flag} ${text}: allowed is a whole number from 1`);
  return number;
}
