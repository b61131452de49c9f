import {
  formatDistinguishedName,
  parseAlternativeNames,
  parseSubject,
  principalOf,
  standsForOthers,
} from '@q/security';
import type { PrincipalMapping } from '@q/security';
import type { Principal } from './caller.ts';
import type { Clock } from './clock.ts';
import { noLoginNews } from './services/identity/login-news.ts';
import type { Identities } from './services/identity/open-identities.ts';
import { SessionIdentity } from './services/identity/session-identity.ts';
import { endlessSeats } from './services/identity/user-seats.ts';
import type { Link } from './transport/session.ts';
import type { PeerCertificate } from './tls/tls-options.ts';
import { protocolName } from './listener-options.ts';
import type { ResolvedListener } from './listener-options.ts';

/** As the log and the audit trail name a certificate among the ways to show who one is. */
const byCertificate = 'certificate';

/**
 * Finds out whose connections of one listener are. A certificate that the rules make a user of is a login; one that
 * they make none of is worth no more than none. A password that goes over the wire as it is goes over an encrypted one.
 */
export function identityAt(
  listener: Pick<ResolvedListener, 'authentication' | 'protocol'>,
  { identities, clock }: { readonly identities: Identities | null; readonly clock: Clock },
): (link: Link) => SessionIdentity {
  const authentication = listener.authentication === null ? null : (identities?.authentication ?? null);
  const { mechanisms = [], mapping = null } = listener.authentication ?? {};
  const news = identities?.news ?? noLoginNews;
  const inTheOpen = mechanisms.filter((each) => each !== 'PLAIN');
  const door = protocolName(listener);
  const seats = identities?.seats ?? endlessSeats;
  return ({ address, isEncrypted, certificate, connectionId, signal, loginEnded }) => {
    const tried = { mechanism: byCertificate, by: { address, connectionId, door, clientId: '' } };
    const shown = mapping === null || certificate === null ? null : userOf(certificate, mapping);
    if (authentication !== null && mapping !== null) {
      if (shown !== null) news.letIn(tried, { principal: shown, lifetimeMs: 0 });
      else if (mechanisms.length === 0) news.refused(tried, { user: '', reason: refusalOf(certificate, mapping) });
    }
    // Nobody is asked again for what the certificate has said.
    const offered = shown !== null ? [] : isEncrypted ? mechanisms : inTheOpen;
    const place = { address, mechanisms: offered };
    return new SessionIdentity({ authentication, shown, place, clock, seats, signal, news, loginEnded });
  };
}

function userOf(certificate: PeerCertificate, mapping: PrincipalMapping): Principal | null {
  const user = userNamedBy(certificate, mapping);
  return user === null ? null : { name: principalOf(user) };
}

/** The name that the rules make of a certificate; null: none, or one that is nobody's. */
export function userNamedBy(certificate: PeerCertificate, mapping: PrincipalMapping): string | null {
  const user = madeOf(certificate, mapping);
  return user === null || standsForOthers(user) ? null : user;
}

function madeOf(certificate: PeerCertificate, mapping: PrincipalMapping): string | null {
  return mapping(nameOf(certificate), parseAlternativeNames(certificate.alternativeNames));
}

function nameOf({ subject }: PeerCertificate): string {
  return formatDistinguishedName(parseSubject(subject));
}

function refusalOf(certificate: PeerCertificate | null, mapping: PrincipalMapping): string {
  if (certificate === null) return 'no certificate was shown';
  const name = nameOf(certificate);
  const user = madeOf(certificate, mapping);
  if (user === null) return `no rule makes a user of the certificate ${name}`;
  return `the rules make ${user} of the certificate ${name}, which is no name of a user`;
}
