/**
 * How long something took of late: counts by size, in slots of time that are used again. To record a time costs one
 * addition, and nothing is allocated.
 */

/** Four sizes to an octave: a percentile is at most 19 % too high. */
const sizesPerOctave = 4;
const smallestMs = 0.01;
/** Up to 160 s; what takes longer counts as so much. */
const sizes = 96;

export interface TimesOfLate {
  readonly count: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export class RecentTimes {
  readonly #slots: readonly Uint32Array[];
  #at = 0;

  constructor({ slots }: { readonly slots: number }) {
    this.#slots = Array.from({ length: slots }, () => new Uint32Array(sizes));
  }

  record(ms: number): void {
    this.#slots[this.#at]![sizeOf(ms)]! += 1;
  }

  /** Begins the next slot, in place of the oldest. */
  turn(): void {
    this.#at = (this.#at + 1) % this.#slots.length;
    this.#slots[this.#at]!.fill(0);
  }

  /** Of all slots; null when there are less than `countMin`. */
  summary({ countMin }: { readonly countMin: number }): TimesOfLate | null {
    const counts = Array.from({ length: sizes }, (_, size) => this.#slots.reduce((sum, slot) => sum + slot[size]!, 0));
    const count = counts.reduce((sum, each) => sum + each, 0);
    if (count < Math.max(1, countMin)) return null;
    const rest = Math.floor(count / 100);
    let above = 0;
    let size = sizes - 1;
    while (above + counts[size]! <= rest) above += counts[size--]!;
    return { count, p99Ms: upperMs(size), maxMs: upperMs(counts.findLastIndex((each) => each > 0)) };
  }
}

function sizeOf(ms: number): number {
  if (!(ms > smallestMs)) return 0;
  return Math.min(sizes - 1, Math.ceil(Math.log2(ms / smallestMs) * sizesPerOctave));
}

function upperMs(size: number): number {
  return smallestMs * 2 ** (size / sizesPerOctave);
}
