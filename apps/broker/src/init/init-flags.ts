import { nearest } from '../nearest.ts';
import { parseArgs } from '../node-util.ts';
import { initUsage } from './init-error.ts';

/** What `q-broker init` was asked for. */
export interface InitFlags {
  readonly help: boolean;
  readonly secure: boolean;
  readonly renew: boolean;
  /** Null: none was named. */
  readonly admin: string | null;
  readonly passwordFile: string | null;
  readonly into: string;
  /** Null: as the settings say. */
  readonly dataDir: string | null;
  readonly config: string | null;
  /** More names of this machine. */
  readonly names: readonly string[];
  readonly client: string | null;
  readonly profile: string;
  readonly ports: InitPorts;
}

/** Ports of the broker that is set up; null: the usual one. */
export interface InitPorts {
  readonly port: number | null;
  readonly adminPort: number | null;
  readonly kafkaPort: number | null;
}

const options = {
  secure: { type: 'boolean' },
  renew: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  admin: { type: 'string' },
  'password-file': { type: 'string' },
  into: { type: 'string' },
  'data-dir': { type: 'string' },
  config: { type: 'string' },
  name: { type: 'string', multiple: true },
  client: { type: 'string' },
  profile: { type: 'string' },
  port: { type: 'string' },
  'admin-port': { type: 'string' },
  'kafka-port': { type: 'string' },
} as const;

const forSecureOnly = ['into', 'name', 'client', 'profile', 'port', 'admin-port', 'kafka-port'] as const;
const forClient: readonly string[] = ['into', 'client'];

/** @throws InitError what is not known, or goes together ill; no value is shown that could be a password */
export function readInitFlags(argv: readonly string[]): InitFlags {
  checkWords(argv);
  const { values } = parseArgs({ args: [...argv], options, strict: true, allowPositionals: false });
  const { secure = false, renew = false, help = false, admin = null } = values;
  const isClient = !secure && !renew && admin === null && values.client !== undefined;
  const isNothing = !secure && !renew && admin === null && !help && !isClient;
  if (isNothing) throw initUsage('say what to set up: --secure, --admin NAME, or --client NAME');
  const alone = forSecureOnly.find((name) => values[name] !== undefined && !(isClient && forClient.includes(name)));
  if (!secure && !renew && !help && alone !== undefined) throw initUsage(`--${alone} goes with --secure`);
  if (renew && (secure || admin !== null)) throw initUsage('--renew goes alone, with --into and --name');
  return {
    help,
    secure,
    renew,
    admin,
    passwordFile: values['password-file'] ?? null,
    into: values.into ?? 'secure',
    dataDir: values['data-dir'] ?? null,
    config: values.config ?? null,
    names: values.name ?? [],
    client: values.client ?? null,
    profile: values.profile ?? 'secure',
    ports: {
      port: portOf('port', values.port),
      adminPort: portOf('admin-port', values['admin-port']),
      kafkaPort: portOf('kafka-port', values['kafka-port']),
    },
  };
}

/** A free one could not be told to clients. */
function portOf(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw initUsage(`--${flag} is ${JSON.stringify(text)}; it has to be a port from 1 to 65535`);
}

function checkWords(argv: readonly string[]): void {
  const tokens = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
  for (const token of tokens) {
    if (token.kind === 'positional') throw initUsage(`"${token.value}" is not expected here`);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (name === 'password')
      throw initUsage(
        'there is no --password: whatever stands in a command line can be read by every user of the machine; leave it out to be asked, or name a file of mode 0600 with --password-file, where - is standard input',
      );
    const known = Object.entries(options).find(([each]) => each === name)?.[1];
    if (known === undefined) {
      const guess = nearest(
        rawName,
        Object.keys(options).map((each) => `--${each}`),
      );
      throw initUsage(
        `${rawName} is not a flag of q-broker init${guess === undefined ? '' : `; did you mean ${guess}?`}`,
      );
    }
    if (known.type === 'string' && (value === undefined || value === '')) throw initUsage(`${rawName} needs a value`);
    if (known.type === 'boolean' && value !== undefined) throw initUsage(`${rawName} takes no value`);
  }
}
