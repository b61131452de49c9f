/**
 * Which conditions are told: pure but for what it remembers. A look's findings go in, what was raised and cleared comes
 * out.
 *
 * Invariants:
 *  1. A condition is raised once, and cleared once, for each time that it holds: by name and subject.
 *  2. At most `conditionsMax` are raised at once; findings beyond are counted, and raised when there is room.
 *  3. Of what was cleared the last `clearedMax` are kept.
 */
import { conditionTable } from './condition.ts';
import type { ClearedCondition, Condition, ConditionName, Finding } from './condition.ts';
import type { HealthThresholds } from './thresholds.ts';

/** What has begun, and what is over. */
export interface BoardChanges {
  readonly raised: readonly Condition[];
  readonly cleared: readonly ClearedCondition[];
}

/** Of a look: by the clock that never goes back, and by that on the wall. */
export interface LookTime {
  readonly nowMs: number;
  readonly wallMs: number;
}

interface Known {
  readonly name: ConditionName;
  readonly subject: string;
  /** Null until it is raised. */
  condition: Condition | null;
  readonly foundFirstMs: number;
  foundLastMs: number;
}

export const conditionsMax = 200;
export const clearedMax = 100;
/** Between words that users choose: no subject and no name has it. */
const separator = '\n';

export class ConditionBoard {
  readonly #known = new Map<string, Known>();
  #cleared: ClearedCondition[] = [];
  #omitted = 0;

  /** Raised ones: the critical ones first, then by when they were raised. */
  get conditions(): readonly Condition[] {
    const raised = [...this.#known.values()].flatMap(({ condition }) => condition ?? []);
    return raised.sort((left, right) => rank(left) - rank(right) || left.sinceMs - right.sinceMs);
  }

  /** The last ones that were cleared, the latest first. */
  get cleared(): readonly ClearedCondition[] {
    return this.#cleared;
  }

  /** Findings of the last look that there was no room for. */
  get omitted(): number {
    return this.#omitted;
  }

  isRaised(name: ConditionName): boolean {
    for (const { name: known, condition } of this.#known.values())
      if (known === name && condition !== null) return true;
    return false;
  }

  take(findings: readonly Finding[], time: LookTime, thresholds: HealthThresholds): BoardChanges {
    const raised: Condition[] = [];
    this.#omitted = 0;
    for (const finding of findings) {
      const known = this.#find(finding, time);
      if (known === null) continue;
      const condition = this.#update(known, finding, time, thresholds);
      if (condition !== null) raised.push(condition);
    }
    return { raised, cleared: this.#clear(time, thresholds) };
  }

  #find({ name, subject }: Finding, { nowMs }: LookTime): Known | null {
    const key = `${name}${separator}${subject}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= conditionsMax) {
      this.#omitted += 1;
      return null;
    }
    const added: Known = { name, subject, condition: null, foundFirstMs: nowMs, foundLastMs: nowMs };
    this.#known.set(key, added);
    return added;
  }

  /** Returns the condition when it is raised now. */
  #update(known: Known, finding: Finding, time: LookTime, { raiseAfterMs }: HealthThresholds): Condition | null {
    const { severity, isSteady, action } = conditionTable[finding.name];
    known.foundLastMs = time.nowMs;
    const isNew = known.condition === null;
    if (isNew && isSteady && time.nowMs - known.foundFirstMs < raiseAfterMs) return null;
    const { name, subject, reason, figures } = finding;
    const sinceMs = known.condition?.sinceMs ?? time.wallMs;
    known.condition = {
      name,
      subject,
      severity: finding.severity ?? severity,
      reason,
      action: finding.action ?? action,
      figures,
      sinceMs,
    };
    return isNew ? known.condition : null;
  }

  #clear({ nowMs, wallMs }: LookTime, { clearAfterMs }: HealthThresholds): ClearedCondition[] {
    const cleared: ClearedCondition[] = [];
    for (const [key, { name, condition, foundLastMs }] of this.#known) {
      if (foundLastMs === nowMs) continue;
      const lastsMs = conditionTable[name].endsAtOnce === true ? 0 : clearAfterMs;
      // What was not raised yet has to begin anew.
      if (condition !== null && nowMs - foundLastMs < lastsMs) continue;
      this.#known.delete(key);
      if (condition !== null) cleared.push({ ...condition, clearedMs: wallMs });
    }
    this.#cleared = [...cleared.toReversed(), ...this.#cleared].slice(0, clearedMax);
    return cleared;
  }
}

function rank({ severity }: Condition): number {
  return severity === 'critical' ? 0 : 1;
}
