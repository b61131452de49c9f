/**
 * What goes in and out, with what it was a minute ago and five: rates, for whoever has no Prometheus.
 *
 * One timer for all samples a broker takes (every ten seconds), however many topics there are. A topic without traffic
 * since the start has no samples and costs one comparison.
 */
import type { Clock, Scheduled } from '../clock.ts';

/** Records and record bytes since the start, as stored, without the frames around them. Plain fields: hot paths add. */
export class Traffic {
  recordsIn = 0;
  bytesIn = 0;
  recordsOut = 0;
  bytesOut = 0;
  /** The four numbers at earlier moments: those of the last minute, then those of the last five. For the sampler. */
  samples: Float64Array | null = null;
}

/** What a window saw. Divided by `elapsedMs` it is a rate. */
export interface TrafficWindow {
  /** Nominal length. */
  readonly windowMs: number;
  /** True length: up to a sixth more, and less while the broker is younger. */
  readonly elapsedMs: number;
  readonly recordsIn: number;
  readonly bytesIn: number;
  readonly recordsOut: number;
  readonly bytesOut: number;
}

const numbers = 4;
const tickMs = 10_000;

/** A ring of `slots` samples, one every `ticks` ticks: the oldest is just older than the window. */
const windows = [
  { windowMs: 60_000, ticks: 1, slots: 7, firstSlot: 0 },
  { windowMs: 300_000, ticks: 6, slots: 6, firstSlot: 7 },
] as const;
const slotsTotal = 13;

export class TrafficSampler {
  readonly #clock: Clock;
  readonly #each: () => Iterable<Traffic>;
  readonly #tick: () => void;
  /** When each sample was taken. */
  readonly #times: Float64Array;
  #ticks = 0;
  #timer: Scheduled | null = null;
  #isStopped = false;

  /** `each`: all that is sampled. `tick`: called with each sample. */
  constructor(options: { clock: Clock; each: () => Iterable<Traffic>; tick?: () => void }) {
    this.#clock = options.clock;
    this.#each = options.each;
    this.#tick = options.tick ?? (() => undefined);
    this.#times = new Float64Array(slotsTotal).fill(options.clock.monotonic());
  }

  start(): void {
    if (this.#isStopped) return;
    this.#timer = this.#clock.schedule(tickMs, () => {
      this.sample();
      this.start();
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  sample(): void {
    this.#ticks += 1;
    this.#tick();
    const slots = windows.filter(({ ticks }) => this.#ticks % ticks === 0).map((window) => this.#newestSlot(window));
    const now = this.#clock.monotonic();
    for (const slot of slots) this.#times[slot] = now;
    for (const traffic of this.#each()) {
      if (traffic.samples === null && traffic.recordsIn + traffic.recordsOut === 0) continue;
      traffic.samples ??= new Float64Array(slotsTotal * numbers);
      for (const slot of slots) keep(traffic, slot);
    }
  }

  /** The last minute and the last five. */
  windowsOf(traffic: Traffic): TrafficWindow[] {
    const now = this.#clock.monotonic();
    return windows.map((window) => {
      const slot = this.#newestSlot(window, 1);
      const elapsedMs = Math.round(now - this.#times[slot]!);
      return { windowMs: window.windowMs, elapsedMs, ...since(traffic, slot) };
    });
  }

  /** Bytes in and out of the last minute: what `windowsOf` has first, for whoever has thousands to compare. */
  latelyMoved({ bytesIn, bytesOut, samples }: Traffic): number {
    const at = this.#newestSlot(windows[0], 1) * numbers;
    return bytesIn + bytesOut - (samples === null ? 0 : samples[at + 1]! + samples[at + 3]!);
  }

  /** `ahead` 1: the slot that is written next, which has the oldest sample. */
  #newestSlot({ ticks, slots, firstSlot }: (typeof windows)[number], ahead = 0): number {
    return firstSlot + ((Math.floor(this.#ticks / ticks) + ahead) % slots);
  }
}

function keep({ samples, recordsIn, bytesIn, recordsOut, bytesOut }: Traffic, slot: number): void {
  samples!.set([recordsIn, bytesIn, recordsOut, bytesOut], slot * numbers);
}

function since(traffic: Traffic, slot: number): Omit<TrafficWindow, 'windowMs' | 'elapsedMs'> {
  const { samples } = traffic;
  const at = slot * numbers;
  return {
    recordsIn: traffic.recordsIn - (samples?.[at] ?? 0),
    bytesIn: traffic.bytesIn - (samples?.[at + 1] ?? 0),
    recordsOut: traffic.recordsOut - (samples?.[at + 2] ?? 0),
    bytesOut: traffic.bytesOut - (samples?.[at + 3] ?? 0),
  };
}
