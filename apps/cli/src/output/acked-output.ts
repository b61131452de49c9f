import type { ByteOutput } from './byte-output.ts';

/** What must hear when it has been written. */
export interface Acknowledgeable {
  /** Throws when it is too late: somebody else will get the message too. */
  ack(): void;
}

/**
 * Acknowledges messages once standard output has taken them: whoever reads it has them then, and not before.
 *
 * Invariants:
 * - A message is acknowledged after the write that holds its last byte has been accepted.
 * - After the reader has gone away nothing is acknowledged any more.
 * - What failed in the background is thrown by the next `flush`.
 */
export class AckedOutput {
  readonly #output: ByteOutput;
  readonly #isTooLate: (error: unknown) => boolean;
  #printed: Acknowledgeable[] = [];
  #scheduled = false;
  #failure: Error | null = null;
  /** Taken for a write, and not acknowledged yet; never to be, once the output is closed. */
  #underWay = 0;
  #acknowledged = 0;
  #tooLate = 0;

  /** @param isTooLate whether an error of `ack` says that the message will be delivered again */
  constructor(output: ByteOutput, isTooLate: (error: unknown) => boolean) {
    this.#output = output;
    this.#isTooLate = isTooLate;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Messages that were written, and will be delivered again all the same. */
  get unacknowledged(): number {
    return this.#tooLate + this.#underWay + this.#printed.length;
  }

  /** Call it after the bytes of the message were given to the output. */
  add(message: Acknowledgeable): void {
    this.#printed.push(message);
  }

  /** As `flush`, once the event loop comes round: messages that are there already share a write. */
  flushSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush().catch((error: unknown) => {
        this.#failure = error as Error;
      });
    });
  }

  /** Resolves when everything added so far has been taken over by the system, and is acknowledged. */
  async flush(): Promise<void> {
    // Taken before the wait: what is added meanwhile is not in this write.
    const printed = this.#printed;
    this.#printed = [];
    this.#underWay += printed.length;
    await this.#output.flush();
    if (this.#failure !== null) throw this.#failure;
    if (this.#output.closed) return;
    for (const message of printed) this.#acknowledge(message);
  }

  #acknowledge(message: Acknowledgeable): void {
    try {
      message.ack();
      this.#acknowledged += 1;
    } catch (error) {
      if (!this.#isTooLate(error)) throw error;
      this.#tooLate += 1;
    }
    this.#underWay -= 1;
  }
}
