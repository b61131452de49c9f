import type { Address } from '../address.ts';

/**
 * The network port. There is no way to pause reading: a client asks for no more bytes than it has room for.
 *
 * A wire is one ordered, reliable byte stream to a broker. It is event-based rather than promise-based, so that
 * opening one and giving up on it are a single object with a single `destroy`, and there is no moment in between.
 */
export interface Wire {
  /** Nobody on the way can read along. */
  readonly isEncrypted?: boolean;
  /**
   * Sends the buffers in order, as one write where the system can. They belong to the wire until the peer has got them;
   * their memory may be used again after that, so a wire within one process copies them. False: slow down until
   * `onDrain`.
   */
  write(buffers: readonly Buffer[]): boolean;
  /** Closes at once; nothing more is sent. `onClose` follows. */
  destroy(): void;
}

/** What happens on a connection. Its owner gives these. */
export interface WireEvents {
  /** Called once, when bytes may flow. */
  onOpen(): void;
  /** The chunk is lent: its memory is used again once this returns. */
  onData(chunk: Buffer): void;
  /** Bytes that waited to be sent are gone; more may be written. */
  onDrain(): void;
  /**
   * Called once, and last, whether or not it ever opened. The error says why, null when either side closed in an
   * orderly way.
   */
  onClose(error: Error | null): void;
}

/** Opens connections. The default is TCP; tests give others. */
export interface Network {
  /** Starts to open a stream. No event is called before this returns. */
  connect(address: Address, events: WireEvents): Wire;
}
