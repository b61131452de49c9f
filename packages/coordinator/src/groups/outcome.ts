/**
 * What a command came to, before the records and the wake-ups that follow from it are worked out.
 */
import type { Group } from './group.ts';
import type { Eviction, GroupStep, Refusal } from './group-step.ts';

export interface Outcome {
  readonly group: Group;
  readonly result: GroupStep['result'];
  readonly evicted: readonly Eviction[];
}

export function outcome(group: Group, result: GroupStep['result'], evicted: readonly Eviction[] = []): Outcome {
  return { group, result, evicted };
}

/** A refused command changes nothing. */
export function refuse(group: Group, code: Refusal['code'], message: string): Outcome {
  return outcome(group, { kind: 'refused', code, message });
}
