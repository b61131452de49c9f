import type { PeerCertificate, TlsMaterial } from '../tls/tls-options.ts';

/** The network as the broker sees it. Injected: a simulation carries the bytes itself. */
export interface Network {
  /** Listens; rejects when the address cannot be had. Port 0 takes a free port. */
  listen(options: ListenOptions): Promise<Listener>;
}

/** Where to listen, and who is told of connections. Port 0 takes a free one. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Called once for each connection; the answer is told what happens on it. */
  readonly accept: (stream: ByteStream) => StreamEvents;
  /** Called when a newcomer could not be accepted (out of file descriptors, mostly). The others are served on. */
  readonly acceptFailed: (error: Error) => void;
  /** Encrypts. Default: plain. */
  readonly tls?: TlsMaterial;
  /** Asked for each connection that is about to shake hands. Null: it is closed at once. */
  readonly admit?: (remoteAddress: string) => Admission | null;
  /** Called when a peer did not shake hands as it has to; the address is not known of one that has gone. */
  readonly handshakeFailed?: (error: Error, remoteAddress?: string) => void;
  /** How long a handshake may take in all, in ms. Default: 2,000. */
  readonly handshakeTimeoutMs?: () => number;
}

/** Somebody may shake hands. */
export interface Admission {
  /** Not before that time, in ms. */
  readonly afterMs: number;
  /** It has shaken hands, just before `accept`; or it has failed, or gone. */
  readonly left: () => void;
}

/** A port that accepts connections. `port` is the real one, also where 0 was asked for. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Other certificates, for connections that begin from now on. Throws for what cannot be read, and keeps the old. */
  readonly renew?: (tls: TlsMaterial) => void;
  /** Accepts no more. Connections that exist go on. */
  close(): Promise<void>;
}

/** One connection's bytes in both directions. */
export interface ByteStream {
  readonly remoteAddress: string;
  /** The address of this side: one of the machine's, also where the listener takes all of them. */
  readonly localAddress: string;
  /** Nobody on the way can read along. */
  readonly isEncrypted?: boolean;
  /** The certificate that the peer has shown and that is in order; null: none. */
  readonly certificate?: PeerCertificate | null;
  /**
   * Sends buffers in order. They must not change until `written` is called, which happens once the operating system
   * has taken them all; it is not called when the stream breaks first.
   */
  write(buffers: readonly Buffer[], written: () => void): void;
  /** No `data` from now on, until `resumeReading`; the peer is slowed down by its own full buffers. */
  pauseReading(): void;
  /** Undoes `pauseReading`. */
  resumeReading(): void;
  /** Sends what was written, then says that nothing follows. Input is read and thrown away until the peer hangs up. */
  end(): void;
  /** Gives up at once. */
  destroy(): void;
}

/** What happens on one connection. Its owner gives these. */
export interface StreamEvents {
  /** The chunk is lent: its memory is used again once this returns. */
  data(chunk: Buffer): void;
  /** The last event: the stream is gone, by whichever side. */
  closed(): void;
}
