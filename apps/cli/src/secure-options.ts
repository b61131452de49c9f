import { Option } from 'commander';
import type { Command } from 'commander';

/** How a connection is encrypted, and as whom it comes in. No value is a secret: they say where one is. */
export interface SecureOptions {
  readonly tls?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly certKey?: string;
  readonly serverName?: string;
  readonly user?: string;
  readonly mechanism?: LoginMechanism;
  readonly passwordFile?: string;
  readonly passwordCommand?: string;
  readonly passwordVariable?: string;
  readonly tokenFile?: string;
  readonly tokenCommand?: string;
}

export const loginMechanisms = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN', 'OAUTHBEARER'] as const;
export type LoginMechanism = (typeof loginMechanisms)[number];

/** Those that say how to encrypt, and whom to trust. */
export const tlsNames = ['tls', 'ca', 'cert', 'certKey', 'serverName'] as const;
/** Those that say where the secret of a user is. One of them is enough. */
export const secretSources = [
  'passwordFile',
  'passwordCommand',
  'passwordVariable',
  'tokenFile',
  'tokenCommand',
] as const;
/** Every one, as profiles name them too. */
export const secureNames: readonly (keyof SecureOptions)[] = [...tlsNames, 'user', 'mechanism', ...secretSources];

/** Holds the password of `Q_USER`, or of `--user`, where nothing else says where it is. */
export const passwordVariableDefault = 'Q_PASSWORD';

/** The heading in the help of `q`; the help of each command does without them. */
export const secureGroup = 'Secured brokers:';

/** Adds the options that every command has. */
export function addSecureOptions(program: Command): void {
  const add = (flags: string, description: string, variable?: string): void => {
    const option = new Option(flags, description).helpGroup(secureGroup);
    program.addOption(variable === undefined ? option : option.env(variable));
  };
  add('--tls', 'encrypt, as an address with qs:// says too');
  add('--ca <path>', 'whom to trust: certificates of authorities, in PEM (default: those of Node)', 'Q_CA');
  add('--cert <path>', 'certificate that shows who you are, in PEM', 'Q_CERT');
  add('--cert-key <path>', 'key of that certificate, in PEM, in a file that nobody else can read', 'Q_CERT_KEY');
  add('--server-name <name>', 'name in the certificate of the broker, where it is not the host that is dialled');
  add('--user <user>', 'user to come in as; its password is asked for, or read from where these say', 'Q_USER');
  program.addOption(
    new Option('--mechanism <mechanism>', 'how to log in (default: the best SCRAM that the broker takes)')
      .choices(loginMechanisms)
      .helpGroup(secureGroup),
  );
  add(
    '--password-file <path>',
    'file with the password, for nobody else to read; - is standard input',
    'Q_PASSWORD_FILE',
  );
  add('--password-command <command>', 'command that writes the password');
  add('--password-variable <variable>', `variable with the password (default: ${passwordVariableDefault})`);
  add('--token-file <path>', 'file with an OAuth token, for nobody else to read', 'Q_TOKEN_FILE');
  add('--token-command <command>', 'command that writes an OAuth token; asked again before it expires');
}
