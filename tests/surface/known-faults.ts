/** A fault that the rig finds and that stands for now: why, and how it shows. */
export interface KnownFault {
  readonly shows: RegExp;
  readonly reason: string;
}

/** Counted in the report as `known`, by reason; nothing else is passed over. */
export const knownFaults: readonly KnownFault[] = [];

export function knownFault(problem: string): KnownFault | undefined {
  return knownFaults.find(({ shows }) => shows.test(problem));
}
