/**
 * The broker's own look at its health: at intervals it gathers facts, has them judged, and tells what has changed, in
 * the log and to whoever listens (rows O4, Q2, M1).
 *
 * Invariants:
 *  1. One look at a time, and none after `stop`.
 *  2. What others report (`report`) stands until they take it back, beside what is found here.
 *  3. Whoever listens is told of each change once, in order; what a listener throws is its own trouble, and logged.
 */
import type { Clock, Scheduled } from '../../clock.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { ClearedCondition, Condition, ConditionName, Finding } from './condition.ts';
import { ConditionBoard } from './condition-board.ts';
import type { BoardChanges } from './condition-board.ts';
import type { GroupBehind } from './facts.ts';
import { HealthLook } from './health-look.ts';
import type { HealthSources } from './health-sources.ts';
import { findAll } from './rules.ts';
import type { HealthThresholds } from './thresholds.ts';

/** `degraded`: something is wrong, and nothing is lost yet. `critical`: something is, or will be soon. */
export type HealthStatus = 'healthy' | 'degraded' | 'critical';

/** The health of a broker at one moment. */
export interface HealthReport {
  readonly status: HealthStatus;
  readonly conditions: readonly Condition[];
  /** What was wrong, the latest first; of this run, and not all of it. */
  readonly cleared: readonly ClearedCondition[];
  /** Found beyond what can be told. */
  readonly omitted: number;
  /** In ms since 1970; null before the first look. */
  readonly lookedMs: number | null;
  /** Why records are refused now, or null while they are taken. */
  readonly writesRefused: string | null;
}

export interface HealthOptions {
  readonly clock: Clock;
  readonly logger: BrokerLogger;
  /** They may change while the broker runs: looked at each time. */
  readonly thresholds: HealthThresholds;
  readonly sources: HealthSources;
  readonly intervalMs: number;
}

/** What keeps records from being taken. */
const refusing: ReadonlySet<ConditionName> = new Set<ConditionName>(['disk.full', 'disk.stuck']);
/** Reports of others, all together: each has a name of its own, and few subjects. */
const reportsMax = 50;

export class HealthWatch {
  readonly #options: HealthOptions;
  readonly #look: HealthLook;
  readonly #board = new ConditionBoard();
  readonly #reports = new Map<string, Finding>();
  #notes: Finding[] = [];
  readonly #listeners = new Set<(changes: BoardChanges) => void>();
  #timer: Scheduled | null = null;
  #dueMs = 0;
  #lookedMs: number | null = null;
  #stuckMs = 0;
  #writesRefused: string | null = null;
  #isStopped = false;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#look = new HealthLook(options.clock, options.sources);
  }

  start(): void {
    this.#run({ loopBlockedMs: 0 });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  report(): HealthReport {
    const { conditions, cleared, omitted } = this.#board;
    const isCritical = conditions.some(({ severity }) => severity === 'critical');
    return {
      status: isCritical ? 'critical' : conditions.length > 0 ? 'degraded' : 'healthy',
      conditions,
      cleared,
      omitted,
      lookedMs: this.#lookedMs,
      writesRefused: this.#writesRefused,
    };
  }

  /** How far every group is behind in each of its topics. */
  lags(): readonly GroupBehind[] {
    return this.#look.lags();
  }

  /**
   * What other parts of the program find, such as a settings file that cannot be used. It holds until it is taken back
   * with null.
   */
  tell(name: ConditionName, finding: Pick<Finding, 'reason' | 'figures' | 'severity'> | null, subject = ''): void {
    const key = `${name}\n${subject}`;
    if (finding === null) this.#reports.delete(key);
    else if (this.#reports.has(key) || this.#reports.size < reportsMax)
      this.#reports.set(key, { name, subject, ...finding });
  }

  /** The same for what has happened and is over, such as lines of the log that were left out. */
  note(name: ConditionName, finding: Pick<Finding, 'reason' | 'figures' | 'severity'>, subject = ''): void {
    if (this.#notes.length < reportsMax) this.#notes.push({ name, subject, ...finding });
  }

  /** Calls `listener` with each change from now on. Returns how to stop that. */
  onChange(listener: (changes: BoardChanges) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** For how long the disk has not finished a round of writes, in ms, by the last look; 0 when nothing waits. */
  get stuckMs(): number {
    return this.#stuckMs;
  }

  /** The same; 0 unless that is too long. */
  get hangsForMs(): number {
    return this.#stuckMs < this.#options.thresholds.diskStuckMs ? 0 : this.#stuckMs;
  }

  #schedule(): void {
    if (this.#isStopped) return;
    const { clock, intervalMs } = this.#options;
    this.#dueMs = clock.monotonic() + intervalMs;
    this.#timer = clock.schedule(intervalMs, () => this.#run({ loopBlockedMs: clock.monotonic() - this.#dueMs }));
  }

  #run({ loopBlockedMs }: { readonly loopBlockedMs: number }): void {
    const { clock, logger, thresholds } = this.#options;
    try {
      const facts = this.#look.take(thresholds, { loopBlockedMs });
      this.#stuckMs = facts.stuckMs;
      const isRaised = (name: ConditionName): boolean => this.#board.isRaised(name);
      const findings = [...findAll({ facts, thresholds, isRaised }), ...this.#reports.values(), ...this.#notes];
      this.#notes = [];
      // By this look alone: a condition stays for a while after it has ended.
      this.#writesRefused = findings.find(({ name }) => refusing.has(name))?.reason ?? null;
      const time = { nowMs: clock.monotonic(), wallMs: clock.now() };
      this.#tellChanges(this.#board.take(findings, time, thresholds));
      this.#lookedMs = time.wallMs;
    } catch (error) {
      logger.error({ event: 'health.look_failed', err: error }, 'the broker could not look at its health');
    }
    this.#schedule();
  }

  #tellChanges(changes: BoardChanges): void {
    const { logger } = this.#options;
    for (const { name: alert, subject, severity, reason, action, figures } of changes.raised) {
      const line = {
        alert,
        subject,
        action,
        figures: Object.entries(figures).map(([name, value]) => `${name}=${value}`),
      };
      if (severity === 'critical') logger.error({ event: 'alert.raised_critical', ...line }, reason);
      else logger.warn({ event: 'alert.raised', ...line }, reason);
    }
    for (const { name: alert, subject, reason, sinceMs, clearedMs } of changes.cleared) {
      const forMs = Math.max(0, clearedMs - sinceMs);
      logger.info({ event: 'alert.cleared', alert, subject, forMs }, `no longer so: ${reason}`);
    }
    if (changes.raised.length + changes.cleared.length === 0) return;
    for (const listener of this.#listeners) {
      try {
        listener(changes);
      } catch (error) {
        logger.error({ event: 'alert.not_passed_on', err: error }, 'an alert could not be passed on');
      }
    }
  }
}
