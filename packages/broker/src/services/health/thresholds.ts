import { QError } from '@q/protocol';

/**
 * When something counts as wrong. All can be changed while the broker runs. The comments are the meanings in
 * docs/ALERTS.md.
 */
export interface HealthThresholds {
  /** `disk.low` when less of the disk is free, in percent; it ends two points above. */
  readonly diskLowPercent: number;
  /** `disk.slow` when one of a hundred syncs takes longer, in ms; it ends below three quarters of it. */
  readonly syncSlowMs: number;
  /** Over this time, in ms. */
  readonly syncWindowMs: number;
  /** `disk.stuck` when the disk has not finished a round of writes after this time, in ms. */
  readonly diskStuckMs: number;
  /** `lag.growing` when a group has at least so many records of a topic to read, and is not catching up. */
  readonly lagRecordsMin: number;
  /** Over this time, in ms: the least lag of its second half is not below that of its first. */
  readonly lagWindowMs: number;
  /** `group.stalled` when a group with members commits nothing for so long, in ms, while there are records to read. */
  readonly groupStalledMs: number;
  /** `group.empty` when a group has records to read and no member for so long, in ms. */
  readonly groupEmptyMs: number;
  /** `transaction.holding` when a transaction has not ended for so long, in ms; the 20 oldest are told. */
  readonly transactionHoldsMs: number;
  /** `loop.blocked` when the event loop stood still for so long, in ms. */
  readonly loopBlockedMs: number;
  /** `memory.over` when the process has more than so much of the memory that it may have, in percent. */
  readonly memoryPercent: number;
  /** `connections.many` when more of `connectionsMax` are open, in percent; it ends ten points below. */
  readonly connectionsPercent: number;
  /** `descriptors.short` when more of the descriptors are in use, in percent; it ends five points below. */
  readonly descriptorsPercent: number;
  /** `client.throttled` when a user has been slowed down because of a quota for so long, in ms. */
  readonly throttledMs: number;
  /** `logins.refused` when more logins than this were refused within a minute. */
  readonly refusedLoginsPerMinute: number;
  /** `certificate.expiring` when a certificate of the broker ends within so many days. */
  readonly certificateDays: number;
  /** What may be over in a moment is told when it has lasted so long, in ms. */
  readonly raiseAfterMs: number;
  /** A condition ends when it was not found any more for so long, in ms. */
  readonly clearAfterMs: number;
}

/** When something counts as wrong, unless told otherwise. */
export const defaultThresholds: HealthThresholds = {
  diskLowPercent: 15,
  syncSlowMs: 100,
  syncWindowMs: 60_000,
  diskStuckMs: 10_000,
  lagRecordsMin: 1_000,
  lagWindowMs: 300_000,
  groupStalledMs: 120_000,
  groupEmptyMs: 300_000,
  // Twice the time-out of a Kafka client that chooses none: the broker aborts such a one before anybody is told.
  transactionHoldsMs: 120_000,
  loopBlockedMs: 500,
  memoryPercent: 90,
  connectionsPercent: 85,
  descriptorsPercent: 90,
  throttledMs: 300_000,
  refusedLoginsPerMinute: 60,
  certificateDays: 14,
  raiseAfterMs: 10_000,
  clearAfterMs: 30_000,
};

/** A day: whoever wants to hear of something later does not want to hear of it. */
const msMax = 86_400_000;

/** @throws QError INVALID_CONFIG naming the threshold, its value and what is allowed */
export function resolveThresholds(given: Partial<HealthThresholds>): HealthThresholds {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaultThresholds, name))
      throw refusal(name, value, `there is no such threshold; there are: ${Object.keys(defaultThresholds).join(', ')}`);
    const { min, max } = thresholdRange(name);
    if (!Number.isSafeInteger(value) || value < min || value > max)
      throw refusal(name, value, `must be a whole number from ${min} to ${max}`);
  }
  return { ...defaultThresholds, ...given };
}

export const thresholdNames: readonly (keyof HealthThresholds)[] = Object.keys(
  defaultThresholds,
) as (keyof HealthThresholds)[];

/** What a threshold may be. */
export function thresholdRange(name: string): { readonly min: number; readonly max: number } {
  if (name.endsWith('Percent')) return { min: 1, max: 100 };
  if (name.endsWith('AfterMs')) return { min: 0, max: msMax };
  return name.endsWith('Ms') ? { min: 1, max: msMax } : { min: 1, max: Number.MAX_SAFE_INTEGER };
}

function refusal(name: string, value: unknown, allowed: string): QError {
  return new QError('INVALID_CONFIG', `alerts.${name} = ${String(value)}: ${allowed}`, {
    details: { setting: `alerts.${name}`, value: String(value), allowed },
  });
}
