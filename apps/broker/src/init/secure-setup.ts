import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Settings } from '../settings.ts';
import { certificateFiles, DevelopmentAuthority, hostsOf } from './development-certificates.ts';
import type { LeafRequest } from './development-certificates.ts';
import { makeFirstAdministrator } from './first-administrator.ts';
import { InitError } from './init-error.ts';
import type { InitFlags, InitPorts } from './init-flags.ts';
import { addressBytes } from './ip-address.ts';
import { isThere, makeFile, makeFolder, readSecret } from './new-files.ts';
import type { PasswordInput } from './password-input.ts';
import { readPassword } from './password-input.ts';
import { addProfile, otherProfile, profilePath } from './q-profile.ts';
import type { QProfile } from './q-profile.ts';
import { portsIn, settingsText } from './settings-text.ts';

/** Nobody guesses one of 144 bits. */
const passwordBytes = 18;

export interface SetupTools {
  readonly now: () => number;
  readonly env: NodeJS.ProcessEnv;
  readonly input: PasswordInput;
}

/** What became of it, in words. */
export interface SecureSetup {
  readonly folder: string;
  readonly settingsFile: string;
  /** What was made now; what was there stays as it was. */
  readonly made: readonly string[];
  readonly kept: readonly string[];
}

/** Makes all that a secured broker needs, as far as it is not there. */
export async function setUpSecurely(flags: InitFlags, settings: Settings, tools: SetupTools): Promise<SecureSetup> {
  const folder = resolve(flags.into);
  const path = (name: string): string => join(folder, name);
  const said = new Outcome();
  const client = flags.client === null ? null : clientRequest(flags.client);
  const settingsFile = path('q-broker.yaml');
  const user = flags.admin ?? 'admin';
  // First what may be refused: where a broker runs, or a profile leads to another one, nothing is left behind.
  const ports = await portsOf(settingsFile, flags.ports);
  const profile = {
    url: `qs://localhost${ports.port === null ? '' : `:${ports.port}`}`,
    adminUrl: `https://localhost:${ports.adminPort ?? 7421}`,
    ca: path(certificateFiles.ca),
    user,
    passwordFile: path(`${user}.password`),
  };
  await refuseOtherProfile(flags.profile, profile, tools.env);
  await makeFolder(folder);
  await setUpAdministrator(user, { flags, settings, tools, passwordFile: path(`${user}.password`), said });
  const found = await DevelopmentAuthority.open(folder, tools.now);
  const authority = found ?? (await DevelopmentAuthority.make(folder, tools.now));
  said.note(found === null, 'a development authority (ca.pem)');
  const server = serverRequest(await serverNames(path(certificateFiles.server), flags.names));
  const certificate = await authority.leaf(server);
  said.note(certificate.isNew, `a certificate for ${server.hosts.join(', ')} until ${day(certificate.validUntil)}`);
  if (client !== null) {
    const { isNew } = await authority.leaf(client);
    said.note(isNew, `a certificate of ${client.name}`);
  }
  const dataDir = resolve(settings.dataDir);
  const text = settingsText({
    dataDir,
    certificate: path(server.certificate),
    key: path(server.key),
    ports,
  });
  said.note(await makeFile(settingsFile, text), 'settings (q-broker.yaml)');
  said.note(await keepProfile(flags.profile, profile, tools.env), `profile "${flags.profile}" of q`);
  return { folder, settingsFile, made: said.made, kept: said.kept };
}

/** Those of the settings that are there, which stay as they are. @throws InitError where a flag names another one */
async function portsOf(settingsFile: string, wanted: InitPorts): Promise<InitPorts> {
  if (!(await isThere(settingsFile))) return wanted;
  const ports = await portsIn(await readFile(settingsFile, 'utf8'));
  for (const [setting, port] of Object.entries(wanted) as [keyof InitPorts, number | null][]) {
    if (port === null || port === ports[setting]) continue;
    const has = ports[setting] === null ? 'has none' : `has ${ports[setting]}`;
    throw new InitError(
      `${setting} ${port} would not count: ${settingsFile} is there already and ${has}; change it there, or name another folder with --into`,
    );
  }
  return ports;
}

/** @throws InitError where who uses the profile would come to another broker */
async function refuseOtherProfile(name: string, profile: QProfile, env: NodeJS.ProcessEnv): Promise<void> {
  const other = await otherProfile(profilePath(env), name, profile);
  if (other === null) return;
  throw new InitError(
    `q has a profile "${name}" already, for the broker ${other} with other certificates or ports; name another with --profile, or take that one away with "q profile remove ${name}"`,
  );
}

/** Whether it is new. @throws InitError where it cannot be kept */
async function keepProfile(name: string, profile: QProfile, env: NodeJS.ProcessEnv): Promise<boolean> {
  const outcome = await addProfile(profilePath(env), name, profile).catch((error: unknown) => {
    throw new InitError(`the profile of q cannot be kept in ${profilePath(env)}: ${(error as Error).message}`, {
      cause: error,
    });
  });
  if (outcome === 'unusable') throw new InitError(`${profilePath(env)} is not what q writes; mend it, or take it away`);
  return outcome === 'made';
}

/** A certificate for the same names, and the same key, that is valid from now on. */
export async function renewCertificate(flags: InitFlags, now: () => number): Promise<string> {
  const folder = resolve(flags.into);
  const authority = await authorityIn(folder, now);
  const server = serverRequest(await serverNames(join(folder, certificateFiles.server), flags.names));
  const { validUntil } = await authority.renewed(server);
  return `${join(folder, server.certificate)} is for ${server.hosts.join(', ')} until ${day(validUntil)}; a broker that runs takes it by itself`;
}

/** A certificate of one more user, by the authority that is there. */
export async function addClient(flags: InitFlags, name: string, now: () => number): Promise<string> {
  const folder = resolve(flags.into);
  const authority = await authorityIn(folder, now);
  const request = clientRequest(name);
  const { isNew, validUntil } = await authority.leaf(request);
  const what = isNew ? 'made' : 'there already:';
  return `${what} ${join(folder, request.certificate)} of ${name} until ${day(validUntil)}, with its key ${request.key}`;
}

async function authorityIn(folder: string, now: () => number): Promise<DevelopmentAuthority> {
  const authority = await DevelopmentAuthority.open(folder, now);
  if (authority !== null) return authority;
  throw new InitError(`there is no authority in ${folder}; --into names the folder of "q-broker init --secure"`);
}

class Outcome {
  readonly made: string[] = [];
  readonly kept: string[] = [];

  note(isNew: boolean, what: string): void {
    (isNew ? this.made : this.kept).push(what);
  }
}

async function setUpAdministrator(
  name: string,
  o: { flags: InitFlags; settings: Settings; tools: SetupTools; passwordFile: string; said: Outcome },
): Promise<void> {
  const { flags, settings, tools, passwordFile, said } = o;
  const chosenPassword = async (): Promise<string> =>
    flags.passwordFile === null
      ? randomBytes(passwordBytes).toString('base64url')
      : readPassword(tools.input, { user: name, file: flags.passwordFile });
  const users = await makeFirstAdministrator(settings, {
    name,
    password: async () => {
      // Kept before the user is made: after a crash between the two it is used by the next attempt.
      if (!(await isThere(passwordFile))) await makeFile(passwordFile, `${await chosenPassword()}\n`);
      return readSecret(passwordFile);
    },
  });
  if (users.length > 0 && !users.includes(name))
    throw new InitError(
      `${resolve(settings.dataDir)} has users already (${listed(users)}), so that no first administrator is made; one of them makes others with "q user create"`,
    );
  said.note(users.length === 0, `administrator ${name}`);
}

/** Not all of thousands. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

function serverRequest(hosts: readonly string[]): LeafRequest {
  const { server: certificate, serverKey: key } = certificateFiles;
  return { use: 'server', name: 'q broker', hosts, certificate, key };
}

function clientRequest(user: string): LeafRequest {
  if (!/^[\w.-]+$/.test(user)) throw new InitError(`--client names a user of letters, digits, ".", "_" and "-"`);
  // Rules about this name are about whoever has not said who it is, and a broker takes no certificate of it.
  if (user === 'ANONYMOUS') throw new InitError('--client names a user, and ANONYMOUS is whoever has no name');
  // On some systems large letters make no other file.
  if (/^(?:ca|server)$|-key$/i.test(user))
    throw new InitError(
      `--client is ${user}, but ${user}.pem is the name of another file: neither ca, server nor what ends in -key is taken`,
    );
  return { use: 'client', name: user, hosts: [], certificate: `${user}.pem`, key: `${user}-key.pem` };
}

async function serverNames(path: string, more: readonly string[]): Promise<string[]> {
  const before = (await isThere(path)) ? await hostsOf(path) : ['localhost', '127.0.0.1', '::1', ...ownName()];
  for (const name of more) checkName(name);
  const known = new Set(before.map(plainHost));
  return [...before, ...more.filter((name) => !known.has(plainHost(name)))];
}

/** One address has several spellings. */
function plainHost(host: string): string {
  return addressBytes(host)?.toString('hex') ?? host.toLowerCase();
}

function ownName(): string[] {
  const name = hostname();
  return isHostName(name) && name !== 'localhost' ? [name] : [];
}

function checkName(name: string): void {
  if (addressBytes(name) === null && !isHostName(name))
    throw new InitError(`"${name}" is neither a host name nor an IP address`);
}

function isHostName(name: string): boolean {
  return name.length <= 253 && /^(?!-)[A-Za-z0-9_-]{1,63}(?:\.(?!-)[A-Za-z0-9_-]{1,63})*$/.test(name);
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
