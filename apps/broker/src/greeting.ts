import type { LoginWay } from '@q/broker';
import { styleText } from './node-util.ts';
import type { Settings } from './settings.ts';

/** What is worth knowing about a broker that has just become ready; also the fields of the `ready` line in JSON. */
export interface ReadyFacts {
  readonly version: string;
  readonly url: string;
  /** What Kafka clients call `bootstrap.servers`; `null` without a door for them. */
  readonly kafkaAddress: string | null;
  /** Another program has the port of that door. */
  readonly isKafkaPortTaken: boolean;
  readonly adminUrl: string | null;
  /** Every port, with its name and how one comes in. */
  readonly listeners: readonly string[];
  /** Whoever reaches it from other machines may do everything. */
  readonly isOpen: boolean;
  /** Absolute path, or `null` in memory. */
  readonly dataDir: string | null;
  readonly acknowledgement: string;
  readonly startMs: number;
  /** Commands worth typing next. */
  readonly next: readonly string[];
}

/** What a producer may rely on once it has its answer, in words; for topics that do not choose for themselves. */
export function meaningOfAck(storage: Settings['storage'], durability: string): string {
  if (storage === 'memory') return 'in memory: gone when the broker stops';
  const meanings: Readonly<Record<string, string>> = {
    fsync: 'synced to disk: it survives a crash and a power cut (durability fsync)',
    interval:
      'written, synced within 100 ms: it survives a crash, a power cut may take the last 100 ms (durability interval)',
    os: 'handed to the operating system: it survives a crash, not a power cut (durability os)',
  };
  return meanings[durability] ?? `durability ${durability}`;
}

/** @param program how the command line is called here, such as `q` or `pnpm --silent q` */
export function nextCommands(options: {
  program: string;
  url: string;
  port: number;
  logins: readonly LoginWay[];
}): string[] {
  // What it is called by, and who somebody is there, only they know.
  const [login] = options.logins;
  if (login !== undefined) {
    const ca = options.url.startsWith('qs:') ? ' --ca FILE' : '';
    return [`${options.program} whoami --url ${options.url}${ca} ${shownWith[login]}`];
  }
  const url = options.port === defaultPort ? '' : ` --url ${options.url}`;
  return [
    // Typed again after a restart these work as well.
    `${options.program} topic create visits --partitions 3 --if-missing${url}`,
    `echo hello | ${options.program} produce visits${url}`,
    `${options.program} consume visits -o start${url}`,
  ];
}

const shownWith: Readonly<Record<LoginWay, string>> = {
  password: '--user NAME',
  token: '--token-file FILE',
  certificate: '--cert FILE --cert-key FILE',
};

const defaultPort = 7420;

/** The rows above name one of each protocol. */
const listenersUsual = 3;

function kafkaText({ kafkaAddress, isKafkaPortTaken }: ReadyFacts): string {
  if (kafkaAddress !== null) return `${kafkaAddress}  (bootstrap.servers of Kafka clients)`;
  return isKafkaPortTaken ? 'shut: another program has the port; choose another with --kafka-port' : 'off';
}

export function greeting(facts: ReadyFacts): string {
  const rows: [string, string][] = [
    ['clients', facts.url],
    ['kafka', kafkaText(facts)],
    ['admin', facts.adminUrl === null ? 'off' : `${facts.adminUrl}  (/healthz, /readyz, /stats)`],
    ...(facts.listeners.length > listenersUsual
      ? facts.listeners.map((listener): [string, string] => ['listener', listener])
      : []),
    ['data', facts.dataDir ?? 'memory'],
    ['an ack is', facts.acknowledgement],
    ...(facts.isOpen
      ? [
          ['insecure', 'whoever reaches it may do everything: set security up (q-broker init --secure)'] as [
            string,
            string,
          ],
        ]
      : []),
  ];
  return [
    styleText('bold', `q broker ${facts.version} is ready`) + styleText('dim', ` (${facts.startMs} ms)`),
    ...rows.map(([name, value]) => `  ${name.padEnd(10)} ${value}`),
    'Next, in a second terminal:',
    ...facts.next.map((command) => `  ${styleText('cyan', command)}`),
    'Ctrl-C stops the broker; everything acknowledged is kept.',
    '',
  ].join('\n');
}
