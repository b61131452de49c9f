/**
 * How long ago it was `thenMs`, of which the wall clock of an earlier process is the only witness. What cannot be
 * believed - the clock goes behind, or is ahead by more than `gapMsMax` - counts as no time at all: whatever is
 * remembered is then remembered longer.
 */
export function timePassed(thenMs: number, o: { wallMs: number; gapMsMax: number }): number {
  const passedMs = o.wallMs - thenMs;
  return passedMs >= 0 && passedMs <= o.gapMsMax ? passedMs : 0;
}
