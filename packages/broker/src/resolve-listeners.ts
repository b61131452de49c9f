/**
 * All listeners of a broker, from the options: those of the short way (`host` and `port`, `admin`, `doors`) and those
 * of `listeners`. A protocol that `listeners` names has those alone.
 */
import { parseMapping, splitMapping } from '@q/security';
import { flag, oneOf, refuse, text, whole } from './option-checks.ts';
import { mechanismNames } from './services/identity/authentication.ts';
import type { SecurityOptions } from './services/identity/open-identities.ts';
import type { CertificateOptions, Pem, TlsOptions } from './tls/tls-options.ts';
import { protocolName } from './listener-options.ts';
import type { HostAndPort } from './listener-authentication.ts';
import type { ListenerOptions, ResolvedAuthentication, ResolvedListener } from './listener-options.ts';

/** Those of the short way, before they are checked. */
export interface ShortListener extends ListenerOptions {
  /** As errors name them. */
  readonly setting: string;
  readonly isOptional?: boolean;
  readonly portSetting?: string;
  /** Somebody has asked for it: it must not go without a word. */
  readonly isGiven: boolean;
}

export interface ListenersGiven {
  readonly short: readonly ShortListener[];
  readonly listeners: readonly ListenerOptions[];
  /** The host of those that name none. */
  readonly host: string;
  readonly security: SecurityOptions | null;
}

/** Of all kinds together: more is a mistake. */
const listenersMax = 64;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** @throws QError INVALID_CONFIG */
export function resolveListeners({ short, listeners, host, security }: ListenersGiven): ResolvedListener[] {
  if (listeners.length > listenersMax) refuse('listeners', listeners.length, `at most ${listenersMax}`);
  const listed = new Set(listeners.map((each) => protocolName(each)));
  for (const { protocol, setting, isGiven } of short) {
    if (isGiven && listed.has(protocolName({ protocol })))
      refuse(setting, undefined, `listeners has the ports of this protocol (${protocolName({ protocol })}); give one`);
  }
  const kept = short.filter(({ protocol }) => !listed.has(protocolName({ protocol })));
  const all = [
    ...kept.map((each) => resolve(each, { host, security })),
    ...listeners.map((each, at) => resolve({ ...each, setting: settingOf(each, at) }, { host, security })),
  ];
  const names = new Set<string>();
  for (const { name, setting } of all) {
    if (names.has(name)) refuse(`${setting}.name`, name, 'no two listeners have the same name');
    names.add(name);
  }
  return all;
}

function settingOf({ name }: ListenerOptions, at: number): string {
  if (typeof name !== 'string' || !namePattern.test(name))
    refuse(`listeners[${at}].name`, name, 'must be 1 to 64 letters, digits, dots, dashes or underscores');
  return `listeners.${name}`;
}

function resolve(
  given: Omit<ShortListener, 'isGiven'>,
  { host, security }: Pick<ListenersGiven, 'host' | 'security'>,
): ResolvedListener {
  const { setting, name, protocol, portSetting } = given;
  const at = (field: string): string => fieldOf(setting, field);
  const isProtocol = typeof protocol === 'string' ? ['native', 'admin'].includes(protocol) : 'open' in protocol;
  if (!isProtocol) refuse(at('protocol'), protocol, "must be 'native', 'admin', or the protocol of another package");
  const tls = given.tls === undefined ? null : resolveTls(given.tls, at('tls'));
  return {
    name: text(at('name'), name),
    protocol,
    host: text(at('host'), given.host ?? host),
    port: whole(at('port'), given.port, { min: 0, max: 65_535 }),
    tls,
    authentication: resolveAuthentication(given.authentication, {
      setting: at('authentication'),
      tls,
      security,
      isHttp: protocol === 'admin',
    }),
    advertised: resolveAdvertised(given.advertised, at('advertised')),
    setting,
    isOptional: flag(at('isOptional'), given.isOptional ?? false),
    portSetting: portSetting === undefined ? undefined : text(at('portSetting'), portSetting),
  };
}

/** The native one of the short way is set by options without a prefix. */
export function fieldOf(setting: string, field: string): string {
  return setting === '' ? field : `${setting}.${field}`;
}

function resolveTls(given: TlsOptions, setting: string): TlsOptions {
  const { cert, key, ca, clientCertificates = 'none', others = [] } = given;
  checkPair({ cert, key }, setting);
  others.forEach((other, at) => checkPair(other, `${setting}.others[${at}]`));
  oneOf(`${setting}.clientCertificates`, clientCertificates, ['none', 'wanted', 'needed']);
  if (ca !== undefined) checkPem(ca, `${setting}.ca`);
  // Without one of its own Node takes those of the web: anybody can have one of these.
  else if (clientCertificates !== 'none')
    refuse(`${setting}.ca`, undefined, 'clientCertificates needs the authorities that they come from');
  return given;
}

function checkPair({ cert, key }: CertificateOptions, setting: string): void {
  checkPem(cert, `${setting}.cert`);
  checkPem(key, `${setting}.key`);
}

/** The value itself may be a key: it is not shown. */
function checkPem(given: Pem, setting: string): void {
  if (typeof given === 'string' || Buffer.isBuffer(given)) return;
  if (typeof given !== 'object' || given === null || typeof given.file !== 'string' || given.file === '')
    refuse(setting, undefined, 'must be PEM, as a text or a Buffer, or { file: path }');
}

function resolveAuthentication(
  given: ListenerOptions['authentication'],
  at: {
    readonly setting: string;
    readonly tls: TlsOptions | null;
    readonly security: SecurityOptions | null;
    /** It takes passwords from the machine itself without TLS, too. */
    readonly isHttp: boolean;
  },
): ResolvedAuthentication {
  const { setting, tls, security, isHttp } = at;
  if (given === 'none') return null;
  const hasCertificates = (tls?.clientCertificates ?? 'none') !== 'none';
  if (security === null) {
    if (given !== undefined) refuse(setting, undefined, 'whoever is to show who they are needs security as well');
    return null;
  }
  const { mechanisms: common = [], certificates: rules = ['DEFAULT'], tokens } = security;
  const { mechanisms = [], certificates = [] } = given ?? {
    mechanisms: common,
    certificates: hasCertificates ? rules : [],
  };
  mechanisms.forEach((each, nth) => oneOf(`${setting}.mechanisms[${nth}]`, each, mechanismNames));
  if (mechanisms.length + certificates.length === 0)
    refuse(
      given === undefined ? 'security.mechanisms' : setting,
      undefined,
      'name at least one mechanism or a rule for certificates; a listener that asks nobody has authentication none',
    );
  if (tls === null && !isHttp && mechanisms.length > 0 && mechanisms.every((each) => each === 'PLAIN'))
    refuse(
      given === undefined ? 'security.mechanisms' : `${setting}.mechanisms`,
      'PLAIN',
      'passwords go as they are, so PLAIN is taken over TLS alone, and nobody could log in; give the listener tls, or name another mechanism (scram) as well',
    );
  if (certificates.length > 0 && !hasCertificates)
    refuse(`${setting}.certificates`, undefined, 'tls.clientCertificates has to be wanted or needed for them');
  if (mechanisms.includes('OAUTHBEARER') && tokens === undefined)
    refuse('security.tokens', undefined, 'OAUTHBEARER needs something that checks tokens');
  return {
    mechanisms,
    mapping:
      certificates.length === 0 ? null : parseMapping(certificates.flatMap((each) => splitMapping(each) ?? [each])),
  };
}

function resolveAdvertised(given: ListenerOptions['advertised'], setting: string): HostAndPort | null {
  if (given === undefined) return null;
  return {
    host: text(`${setting}.host`, given.host),
    port: whole(`${setting}.port`, given.port, { min: 1, max: 65_535 }),
  };
}
