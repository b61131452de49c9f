/** One decoder under fuzz. */
export interface FuzzTarget {
  readonly name: string;
  /** Right inputs. */
  readonly corpus: readonly Buffer[];
  /**
   * Decodes, and checks what holds for whatever was accepted; a `Contradiction` is a failure like any other error that
   * is not typed. Returns whether the input was accepted.
   */
  readonly decode: (input: Buffer) => void | Promise<void>;
  /** Most bytes outside the heap that one input may cost, beside its own few times over. */
  readonly allocatedBytesMax: number;
  /** A share of the inputs that the others get; default 1. Storage decoders open a whole store for each. */
  readonly share?: number;
}

/** The decoder has accepted what it must not, or gives two answers to one question. */
export class Contradiction extends Error {
  override readonly name = 'Contradiction';
}
