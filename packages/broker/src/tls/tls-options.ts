/** In PEM: as it is, or in a file, which is read again when it is another one. */
export type Pem = string | Buffer | { readonly file: string };

/** A certificate of the broker, with those between it and the authority behind it. */
export interface CertificateOptions {
  readonly cert: Pem;
  /** Not encrypted. */
  readonly key: Pem;
}

/** How a listener encrypts: TLS 1.3, or 1.2 at least. */
export interface TlsOptions extends CertificateOptions {
  /** Authorities that certificates of clients are from. */
  readonly ca?: Pem;
  /** Whether clients show a certificate. One that does not come from `ca` is worth none. Default: `none`. */
  readonly clientCertificates?: 'none' | 'wanted' | 'needed';
  /** More certificates, for clients that ask for a host that is named in one of these. */
  readonly others?: readonly CertificateOptions[];
}

/** The same, read. */
export interface TlsMaterial {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly ca?: string | Buffer;
  readonly clientCertificates?: 'none' | 'wanted' | 'needed';
  readonly others?: readonly { readonly cert: string | Buffer; readonly key: string | Buffer }[];
}

/** What a peer has shown that is in order; as `X509Certificate` of Node writes it. */
export interface PeerCertificate {
  readonly subject: string;
  /** Empty: none. */
  readonly alternativeNames: string;
}
