import { outcomeOf } from '@q/coordinator';
import type { EndCause, Outcome } from '@q/coordinator';
import { Histogram } from '../../metrics/histogram.ts';
import type { LiveTransaction } from './live-transaction.ts';

/** What became of transactions since the start. */
export class TransactionNumbers {
  committed = 0;
  readonly aborted: Record<EndCause, number> = { producer: 0, timeout: 0, fence: 0, operator: 0 };
  /** From the first record or offset until all was told, in microseconds. */
  readonly durations: Readonly<Record<Outcome, Histogram>> = { commit: new Histogram(), abort: new Histogram() };
  /** The part of it since the outcome was decided. */
  readonly endings: Readonly<Record<Outcome, Histogram>> = { commit: new Histogram(), abort: new Histogram() };

  /** All that a transaction has touched was told its outcome; again, where that could not be stored. */
  ended(live: Pick<LiveTransaction, 'newest' | 'countedMs'>, nowMs: number): void {
    const decided = live.newest!;
    if (live.countedMs === decided.changedMs) return;
    live.countedMs = decided.changedMs;
    const outcome = outcomeOf(decided)!;
    if (outcome === 'commit') this.committed += 1;
    else this.aborted[decided.cause!] += 1;
    this.durations[outcome].record((nowMs - decided.startedMs!) * 1000);
    this.endings[outcome].record((nowMs - decided.changedMs) * 1000);
  }
}
