/** What is to be known of a certificate of the broker. */
export interface CertificateFacts {
  /** As RFC 2253 writes it. */
  readonly subject: string;
  /** Who signed it, likewise. */
  readonly issuer: string;
  /** Host names and addresses that it is for. */
  readonly names: readonly string[];
  readonly serial: string;
  /** From when and until when it holds, in ms since 1970. */
  readonly validFromMs: number;
  readonly validToMs: number;
}

/** The certificates of one listener. */
export interface ListenerCertificates {
  readonly listener: string;
  /** Its own first. */
  readonly certificates: readonly CertificateFacts[];
  /** Why the files that are there now are not in force; null: they are. */
  readonly problem: string | null;
}
