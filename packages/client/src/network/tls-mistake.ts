/** What a handshake has failed of that the same connection would fail of again, until somebody changes something. */
export interface TlsMistake {
  /** Of `connect`: what to change. */
  readonly option: 'tls.ca' | 'tls.serverName' | 'tls.cert' | 'url';
  /** A sentence for people. */
  readonly message: string;
}

/** As Node tells what went wrong. */
interface TlsFault extends Error {
  readonly code?: string;
  readonly cert?: { readonly subjectaltname?: string };
}

const unknownAuthority: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
]);

/**
 * Null: it may pass. So may a certificate that has expired, which its broker renews without a restart, and a
 * connection that ends within the handshake: one to a broker that stops does, and so does one with a certificate that a
 * broker does not take, because Node ends it without a word.
 */
export function tlsMistake(error: unknown, place: string): TlsMistake | null {
  if (!(error instanceof Error)) return null;
  const { code = '', cert } = error as TlsFault;
  if (unknownAuthority.has(code))
    return {
      option: 'tls.ca',
      message: `The certificate of the broker at ${place} is from nobody that is trusted here; give connect the certificate of its authority as tls.ca`,
    };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = (cert?.subjectaltname ?? '').replaceAll(/(?:DNS|IP Address):/g, '');
    const whose = names === '' ? 'for no name' : `for ${names}`;
    return {
      option: 'tls.serverName',
      message: `The certificate of the broker at ${place} is ${whose}; dial such a name, or say which one it must have with tls.serverName`,
    };
  }
  return ofAlert(code, place);
}

/** What the other side has told before it went. */
function ofAlert(code: string, place: string): TlsMistake | null {
  if (/ALERT_(?:CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE)/.test(code))
    return {
      option: 'tls.cert',
      message: `The broker at ${place} asks for a certificate; give connect yours as tls.cert, with its tls.key`,
    };
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return {
      option: 'url',
      message: `The broker at ${place} does not encrypt; use an address with q://, without tls`,
    };
  return null;
}
