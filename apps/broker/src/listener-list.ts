import type { DoorProtocol, ListenerOptions, TlsOptions } from '@q/broker';
import { mappingOf, tlsOptions, waysOf, wrong } from './security-options.ts';
import type { TlsSettings } from './security-options.ts';
import { readAddress } from './setting-text.ts';
import type { Settings } from './settings.ts';

/**
 * What `listeners` holds, as users of other brokers write it:
 *
 *     inside=q://127.0.0.1:7420;outside=kafkas://0.0.0.0:9093?advertised=broker.example.com:9093&authentication=scram
 */
const schemes = {
  q: { protocol: 'native', isEncrypted: false },
  qs: { protocol: 'native', isEncrypted: true },
  kafka: { protocol: 'kafka', isEncrypted: false },
  kafkas: { protocol: 'kafka', isEncrypted: true },
  http: { protocol: 'admin', isEncrypted: false },
  https: { protocol: 'admin', isEncrypted: true },
} as const;

/** What they are made of. */
export type ListSettings = TlsSettings & Pick<Settings, 'listeners'>;

/** One of them, before the protocols of other packages are there. */
export interface ListedListener {
  readonly name: string;
  readonly protocol: 'native' | 'kafka' | 'admin';
  readonly options: Omit<ListenerOptions, 'name' | 'protocol'>;
  /** It says itself that whoever comes has to show who they are. */
  readonly isAsking: boolean;
}

const fields = new Set(['advertised', 'authentication', 'cert', 'key', 'ca', 'clientCertificates']);

/** @throws Error INVALID_CONFIG that shows which cannot be read, and why */
export function listedListeners(settings: ListSettings): ListedListener[] {
  return (settings.listeners?.split(';') ?? []).map((text) => readListener(text, settings));
}

function readListener(text: string, settings: ListSettings): ListedListener {
  const refuse = (allowed: string): Error => wrong('listeners', text, allowed);
  const [, name = '', scheme = '', at = '', query = ''] =
    /^([^=]+)=([a-z]+):\/\/([^/?]+)\/?(?:\?(.*))?$/.exec(text) ?? [];
  const known = Object.hasOwn(schemes, scheme) ? schemes[scheme as keyof typeof schemes] : null;
  if (known === null) throw refuse(`name=scheme://host:port with one of ${Object.keys(schemes).join(', ')}`);
  const address = readAddress(at);
  if (address === null) throw refuse('host:port is expected behind ://');
  const asked = new URLSearchParams(query);
  for (const field of asked.keys())
    if (!fields.has(field)) throw refuse(`${field} is none of ${[...fields].join(', ')}`);
  const authentication = asked.get('authentication');
  const advertisedText = asked.get('advertised');
  const advertised = advertisedText === null ? null : readAddress(advertisedText);
  if (advertisedText !== null && advertised === null) throw refuse('advertised is host:port');
  const tls = known.isEncrypted ? tlsOf(asked, settings, refuse) : null;
  if (!known.isEncrypted && ['cert', 'key', 'ca', 'clientCertificates'].some((field) => asked.has(field)))
    throw refuse(`${scheme} is plain; ${scheme === 'http' ? 'https' : `${scheme}s`} encrypts`);
  const ways = authentication === null || authentication === 'none' ? null : waysOf(authentication);
  return {
    name,
    protocol: known.protocol,
    isAsking: ways !== null,
    options: {
      ...address,
      ...(tls !== null && { tls: withCertificates(tls, ways?.hasCertificates ?? false) }),
      ...(advertised !== null && { advertised }),
      ...(authentication === 'none' && { authentication }),
      ...(ways !== null && {
        authentication: {
          mechanisms: ways.mechanisms,
          certificates: ways.hasCertificates ? mappingOf(settings) : [],
        },
      }),
    },
  };
}

function tlsOf(asked: URLSearchParams, settings: ListSettings, refuse: (allowed: string) => Error): TlsOptions {
  const common = tlsOptions(settings);
  const file = (field: 'cert' | 'key' | 'ca'): TlsOptions['ca'] => {
    const path = asked.get(field);
    return path === null ? common?.[field] : { file: path };
  };
  const [cert, key, ca] = [file('cert'), file('key'), file('ca')];
  if (cert === undefined || key === undefined)
    throw refuse('it encrypts, and needs tlsCertFile and tlsKeyFile, or cert= and key= of its own');
  const wanted = asked.get('clientCertificates') ?? common?.clientCertificates ?? 'none';
  const clientCertificates = (['none', 'wanted', 'needed'] as const).find((each) => each === wanted);
  if (clientCertificates === undefined) throw refuse('clientCertificates is none, wanted or needed');
  return { cert, key, ...(ca !== undefined && { ca }), clientCertificates };
}

function withCertificates(tls: TlsOptions, areTheyWays: boolean): TlsOptions {
  return areTheyWays && tls.clientCertificates === 'none' ? { ...tls, clientCertificates: 'wanted' } : tls;
}

/** As the embedding API takes them. `kafka`: loaded where one of them speaks it. */
export function listenerOptions(listed: readonly ListedListener[], kafka: DoorProtocol | null): ListenerOptions[] {
  return listed.flatMap(({ name, protocol, options }): ListenerOptions[] => {
    if (protocol !== 'kafka') return [{ ...options, name, protocol }];
    return kafka === null ? [] : [{ ...options, name, protocol: kafka }];
  });
}
