/**
 * What to do about a connection that TLS has ended: the libraries' own words are for those who know them already.
 */
import { speaksTls } from './speaks-tls.ts';

/** As Node tells what went wrong. */
interface TlsFault extends Error {
  readonly code?: string;
  readonly cert?: { readonly subjectaltname?: string };
}

export interface Failing {
  /** What was dialled, such as `localhost:7420`. */
  readonly place: string;
  /** Where the place has none. */
  readonly portDefault: number;
  /** What was tried: `the broker`, `the admin interface`. */
  readonly what: string;
  readonly isEncrypted: boolean;
  /** Of the address, with and without encryption: `q` and `qs`. */
  readonly schemes: readonly [plain: string, encrypted: string];
}

const unknownAuthority = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
]);

/** A sentence for people, or null where it is no matter of TLS. */
export async function tlsFailure(error: unknown, failing: Failing): Promise<string | null> {
  const faults = causesOf(error);
  for (const fault of faults) {
    const said = certificateFailure(fault, failing) ?? alertFailure(fault, failing);
    if (said !== null) return said;
  }
  const { place, what, isEncrypted, schemes } = failing;
  if (isEncrypted && faults.some(isPlainAnswer))
    return `${what} at ${place} does not encrypt; use an address with ${schemes[0]}://, without --tls and --ca`;
  if (!isEncrypted && !faults.some(isNobody) && (await speaksTls(addressOf(failing))))
    return `${what} at ${place} speaks TLS; use an address with ${schemes[1]}://, and --ca for whom to trust`;
  return null;
}

function certificateFailure({ code = '', cert }: TlsFault, { place, what }: Failing): string | null {
  if (unknownAuthority.has(code))
    return `the certificate of ${what} at ${place} is from nobody that q trusts; name the certificate of its authority with --ca`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = (cert?.subjectaltname ?? '').replaceAll(/(?:DNS|IP Address):/g, '');
    const whose = names === '' ? 'for no name' : `for ${names}`;
    return `the certificate of ${what} at ${place} is ${whose}; dial such a name, or say which one it must have with --server-name`;
  }
  if (code === 'CERT_HAS_EXPIRED')
    return `the certificate of ${what} at ${place} has expired; whoever runs it has to renew it`;
  if (code === 'CERT_NOT_YET_VALID')
    return `the certificate of ${what} at ${place} is not valid yet; check the clocks of both machines`;
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' || code === 'ERR_OSSL_X509_KEY_TYPE_MISMATCH')
    return 'the certificate of --cert does not belong to the key of --cert-key';
  return null;
}

/** What the other side has told before it went. */
function alertFailure({ code = '' }: TlsFault, { place, what }: Failing): string | null {
  if (/ALERT_CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE/.test(code))
    return `${what} at ${place} asks for a certificate; name yours with --cert and --cert-key`;
  if (/ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE|DECRYPT_ERROR)/.test(code))
    return `${what} at ${place} does not take the certificate of --cert; its authority has to be among those that the broker trusts`;
  if (/ALERT_CERTIFICATE_EXPIRED/.test(code)) return `the certificate of --cert has expired; it has to be renewed`;
  return null;
}

/** Something that is no TLS came back, or the end. */
function isPlainAnswer({ code = '', message }: TlsFault): boolean {
  return code.includes('WRONG_VERSION_NUMBER') || message.includes('before secure TLS connection was established');
}

/** There is nothing that could speak. */
function isNobody({ code = '', message }: TlsFault): boolean {
  return /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/.test(`${code} ${message}`);
}

function addressOf({ place, portDefault }: Failing): { host: string; port: number } {
  const url = URL.parse(`tcp://${place}`);
  return { host: (url?.hostname ?? '').replaceAll(/[[\]]/g, ''), port: Number(url?.port) || portDefault };
}

function causesOf(error: unknown): TlsFault[] {
  const found: TlsFault[] = [];
  let next = error;
  while (next instanceof Error && found.length < 10) {
    found.push(next);
    next = next instanceof AggregateError ? (next.errors[0] as unknown) : next.cause;
  }
  return found;
}
