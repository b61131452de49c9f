/** How a listener encrypts. Certificates and keys are in PEM. */
export interface TlsOptions {
  /** The certificate of the broker, with those between it and the authority behind it. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Authorities that certificates of clients are from. */
  readonly ca?: string | Buffer;
  /** Whether clients show a certificate. One that does not come from `ca` is refused. Default: `none`. */
  readonly clientCertificates?: 'none' | 'wanted' | 'needed';
}
