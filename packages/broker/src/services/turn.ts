import type { Clock } from '../clock.ts';
import type { BrokerLimits } from '../limits.ts';

export interface TurnOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'defer'>;
  readonly limits: Pick<BrokerLimits, 'turnMsMax'>;
}

/** Partitions that are looked at before the clock is. */
const partitionsPerLook = 128;

/** Gives others their turn of the event loop when its own has lasted long enough. */
export class Turn {
  readonly #options: TurnOptions;
  #begunAt: number;
  #seen = 0;

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#begunAt = options.clock.monotonic();
  }

  /** Whether others should have their turn, after so many more partitions. */
  isOver(partitions: number): boolean {
    this.#seen += partitions;
    if (this.#seen < partitionsPerLook) return false;
    this.#seen = 0;
    return this.#options.clock.monotonic() - this.#begunAt > this.#options.limits.turnMsMax;
  }

  /** Resolves in the next turn. */
  async next(): Promise<void> {
    const { clock } = this.#options;
    await new Promise<void>((resolve) => clock.defer(resolve));
    this.#begunAt = clock.monotonic();
  }
}
