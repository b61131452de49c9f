/** Batch sequences are 31-bit: after 2^31-1 comes 0. */
export const sequenceMax = 0x7fffffff;
const sequenceSpan = 0x80000000;

/** The sequence of the last record of a batch that starts at `baseSequence` and spans `lastOffsetDelta + 1` records. */
export function sequenceAfter(baseSequence: number, delta: number): number {
  return (baseSequence + delta) % sequenceSpan;
}

/** The sequence of the first record of such a batch whose last one has `lastSequence`. */
export function firstSequence(lastSequence: number, delta: number): number {
  return (lastSequence - delta + sequenceSpan) % sequenceSpan;
}

export function nextSequence(lastSequence: number): number {
  return sequenceAfter(lastSequence, 1);
}
