import type { BrokerOptions, Mechanism, SecurityOptions, TlsOptions } from '@q/broker';
import type { Settings } from './settings.ts';
import { tokenOptions } from './token-options.ts';

/** Ways to show who one is, as settings name them: mechanisms, and whether a certificate alone lets in. */
export interface Ways {
  readonly mechanisms: readonly Mechanism[];
  readonly hasCertificates: boolean;
}

/** What decides how ports encrypt. */
export type TlsSettings = Pick<
  Settings,
  'tlsCertFile' | 'tlsKeyFile' | 'tlsCaFile' | 'tlsClientCertificates' | 'authentication' | 'certificateMapping'
>;

const scram: readonly Mechanism[] = ['SCRAM-SHA-512', 'SCRAM-SHA-256'];

export function waysOf(text: string | null): Ways {
  const words = text?.split(',') ?? [];
  const mechanisms = words.flatMap((word) =>
    word === 'scram' ? scram : word === 'certificate' ? [] : [word as Mechanism],
  );
  return { mechanisms: [...new Set(mechanisms)], hasCertificates: words.includes('certificate') };
}

/** The settings of TLS as the embedding API takes them; null: plain. @throws Error INVALID_CONFIG */
export function tlsOptions(settings: TlsSettings): TlsOptions | null {
  const { tlsCertFile: cert, tlsKeyFile: key, tlsCaFile: ca, tlsClientCertificates } = settings;
  if (cert === null && key === null) {
    if (ca !== null) throw wrong('tlsCaFile', ca, 'needs tlsCertFile and tlsKeyFile');
    return null;
  }
  if (cert === null) throw wrong('tlsCertFile', 'none', 'tlsKeyFile needs the certificate that it is the key of');
  if (key === null) throw wrong('tlsKeyFile', 'none', 'tlsCertFile needs the key of the certificate');
  const { hasCertificates } = waysOf(settings.authentication);
  const clientCertificates = tlsClientCertificates === 'none' && hasCertificates ? 'wanted' : tlsClientCertificates;
  return { cert: { file: cert }, key: { file: key }, ...(ca !== null && { ca: { file: ca } }), clientCertificates };
}

/** Rules that make users of certificates; the broker reads them. */
export function mappingOf({ certificateMapping }: Pick<Settings, 'certificateMapping'>): readonly string[] {
  return [certificateMapping ?? 'DEFAULT'];
}

/** Undefined: nobody is asked. `areListenersAsking`: one of them names its own way. @throws Error INVALID_CONFIG */
export function securityOptions(
  settings: Settings,
  { areListenersAsking }: { readonly areListenersAsking: boolean },
): Pick<BrokerOptions, 'security'> {
  const tokens = tokenOptions(settings);
  const { mechanisms: named, hasCertificates } = waysOf(settings.authentication);
  const superUsers = settings.superUsers?.split(';') ?? [];
  // Whoever names an issuer wants its tokens.
  const mechanisms: readonly Mechanism[] =
    tokens === null || named.includes('OAUTHBEARER') ? named : [...named, 'OAUTHBEARER'];
  const isOn = mechanisms.length > 0 || hasCertificates || superUsers.length > 0 || areListenersAsking;
  if (!isOn) return {};
  if (!areListenersAsking) checkWithoutTls(settings, { mechanisms, hasCertificates });
  const security: SecurityOptions = {
    mechanisms,
    certificates: hasCertificates ? mappingOf(settings) : [],
    superUsers,
    sessionLifetimeMs: settings.sessionLifetimeMs ?? 0,
    ...(tokens !== null && { tokens }),
  };
  return { security };
}

/** What nobody could come in by, in the names of the settings. @throws Error INVALID_CONFIG */
function checkWithoutTls({ authentication, tlsCertFile, tlsCaFile }: Settings, ways: Ways): void {
  const { mechanisms, hasCertificates } = ways;
  const given = authentication ?? 'none';
  if (hasCertificates && tlsCertFile !== null && tlsCaFile === null)
    throw wrong('authentication', given, 'certificates of clients need tlsCaFile as well, with whom they come from');
  if (tlsCertFile !== null) return;
  if (hasCertificates && mechanisms.length === 0)
    throw wrong(
      'authentication',
      given,
      'certificates are shown over TLS: it needs tlsCertFile, tlsKeyFile and tlsCaFile as well',
    );
  if (mechanisms.length > 0 && mechanisms.every((each) => each === 'PLAIN'))
    throw wrong(
      'authentication',
      given,
      'PLAIN is taken over TLS alone: name tlsCertFile and tlsKeyFile as well, or another mechanism such as scram',
    );
}

/** As the broker says what is not allowed. */
export function wrong(setting: string, value: string, allowed: string): Error {
  const details = { setting, value, allowed };
  return Object.assign(new Error(`${setting} = ${value}: ${allowed}`), { code: 'INVALID_CONFIG', details });
}
