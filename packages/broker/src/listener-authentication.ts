import type { Mechanism } from './services/identity/authentication.ts';

/** How whoever comes in at one listener shows who they are. */
export interface ListenerAuthentication {
  /** Mechanisms of SASL. PLAIN is taken on encrypted connections only. Default: none. */
  readonly mechanisms?: readonly Mechanism[];
  /**
   * A certificate alone lets in, as the user that these rules make of its names, in Kafka's notation
   * (`ssl.principal.mapping.rules`) and with `DNS:`, `EMAIL:` and `URI:` for alternative names. Needs
   * `tls.clientCertificates`. `['DEFAULT']` is the whole name of its subject. A text may hold several rules, by commas.
   * Default: a certificate lets nobody in.
   */
  readonly certificates?: readonly string[];
}

/** Where clients are told to connect: a host name or an IP address, and a port. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}
