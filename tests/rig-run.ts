import type { RigFailure, RigReport } from '@q/testkit';

/** Failures that a report carries word for word; the others are counted. Hundreds of one kind teach nothing more. */
const failuresShownMax = 40;

/**
 * Gathers what a rig sees while it runs.
 *
 * Invariant: however many fail, memory stays bounded and none is forgotten: what is not shown is in the note
 * `failuresTotal`.
 */
export class RigRun {
  readonly #rig: string;
  readonly #seed: number;
  readonly #startedAt = performance.now();
  readonly #failures: RigFailure[] = [];
  readonly #counts = new Map<string, number>();
  readonly #facts = new Map<string, number | string>();
  #failuresTotal = 0;
  #runs = 0;

  constructor(rig: string, seed: number) {
    this.#rig = rig;
    this.#seed = seed;
  }

  /** One thing was tried; `outcome` is counted in the report's notes. */
  ran(outcome: string, times = 1): void {
    this.#runs += times;
    this.count(outcome, times);
  }

  count(what: string, times = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  /** A measured number or a word worth reporting. */
  note(what: string, value: number | string): void {
    this.#facts.set(what, value);
  }

  /** `arguments_`: what to add to the rig's command so that it does this and nothing else. */
  fail(message: string, arguments_: string, seed: number = this.#seed): void {
    this.#failuresTotal += 1;
    if (this.#failures.length >= failuresShownMax) return;
    const [program] = this.#rig.split('/');
    this.#failures.push({ seed, message, replay: `node --conditions=@q/source tests/rig.ts ${program} ${arguments_}` });
  }

  get failuresTotal(): number {
    return this.#failuresTotal;
  }

  report(): RigReport {
    const hidden = this.#failuresTotal > this.#failures.length ? { failuresTotal: this.#failuresTotal } : {};
    return {
      rig: this.#rig,
      runs: this.#runs,
      seeds: [this.#seed],
      failures: this.#failures,
      seconds: Math.round((performance.now() - this.#startedAt) / 10) / 100,
      notes: { ...Object.fromEntries(this.#counts), ...Object.fromEntries(this.#facts), ...hidden },
    };
  }
}
