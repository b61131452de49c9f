/** A value that does not fit the layout of a message, or bytes that hold none. Says where. */
export class WireFault extends Error {
  override readonly name = 'WireFault';
  readonly #path: string;
  readonly #reason: string;

  constructor(reason: string, path = '', options?: ErrorOptions) {
    super(path === '' ? reason : `${path.replace(/^\./, '')}: ${reason}`, options);
    this.#reason = reason;
    this.#path = path;
  }

  /** The same fault, seen from the value around it. Anything but a fault is passed on as it is. */
  static within(error: unknown, step: string): unknown {
    return error instanceof WireFault ? new WireFault(error.#reason, step + error.#path, { cause: error }) : error;
  }
}
