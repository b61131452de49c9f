/**
 * What a server needs to shake hands, and how it is exchanged while it serves.
 *
 * - TLS 1.3, or 1.2 at least; no renegotiation, which 1.2 has and nobody needs.
 * - Which certificate is shown goes by the host that the client asks for: the first of `others` that is for it.
 * - ALPN is left alone: a client that names protocols is answered without one, and goes on.
 * - Tickets let a client come back without a full handshake. Their keys belong to a context, so with other certificates
 *   or authorities old tickets are worth nothing: nobody comes back past a trust that was taken away.
 */
import type * as NodeTls from 'node:tls';
import type { TlsMaterial } from '../tls/tls-options.ts';

export interface TlsContexts {
  /** For the server. */
  readonly options: NodeTls.TlsOptions;
  /** For handshakes from now on. @throws Error of OpenSSL for what cannot be read; the old are kept */
  readonly renew: (server: NodeTls.Server, material: TlsMaterial) => void;
}

/** One more certificate, and what it is for. */
interface Other {
  readonly isFor: (host: string) => boolean;
  readonly context: NodeTls.SecureContext;
}

/** @throws Error of OpenSSL for what cannot be read */
export function tlsContexts(material: TlsMaterial): TlsContexts {
  let others = othersOf(material);
  const { clientCertificates = 'none' } = material;
  return {
    options: {
      ...contextOptions(material),
      requestCert: clientCertificates !== 'none',
      rejectUnauthorized: clientCertificates === 'needed',
      SNICallback: (host, answer) => answer(null, others.find(({ isFor }) => isFor(host))?.context),
    },
    renew: (server, renewed) => {
      const next = othersOf(renewed);
      server.setSecureContext(contextOptions(renewed));
      others = next;
    },
  };
}

function contextOptions({ cert, key, ca }: Pick<TlsMaterial, 'cert' | 'key' | 'ca'>): NodeTls.SecureContextOptions {
  const { SSL_OP_NO_RENEGOTIATION: secureOptions } = process.getBuiltinModule('node:crypto').constants;
  return { cert, key, ...(ca !== undefined && { ca }), minVersion: 'TLSv1.2', secureOptions };
}

function othersOf({ others = [], ca }: TlsMaterial): Other[] {
  if (others.length === 0) return [];
  const { createSecureContext } = process.getBuiltinModule('node:tls');
  const { X509Certificate } = process.getBuiltinModule('node:crypto');
  return others.map(({ cert, key }) => {
    const certificate = new X509Certificate(cert);
    return {
      isFor: (host) => certificate.checkHost(host) !== undefined,
      context: createSecureContext(contextOptions({ cert, key, ...(ca !== undefined && { ca }) })),
    };
  });
}
