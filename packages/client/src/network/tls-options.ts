/** How a client encrypts, and whom it trusts. Certificates and keys are in PEM. */
export interface TlsOptions {
  /** Authorities that the broker's certificate may be from. Default: those that Node trusts. */
  readonly ca?: string | Buffer;
  /** The certificate by which the client shows who it is, and its key. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** The name that the broker's certificate has to have, where it is not the host that is dialled. */
  readonly serverName?: string;
}
