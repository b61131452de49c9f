import { encodeGap } from '@q/protocol';

/** Offsets of a segment are 31 bits above its base, and so is a batch's last one. */
const spanMax = 2 ** 31 - 1;

/** Batches without records that stand for the offsets from `from` up to, not including, `to`. */
export function* gapBatches(o: {
  readonly from: number;
  readonly to: number;
  readonly leaderEpoch: number;
}): Generator<Buffer, void, undefined> {
  for (let at = o.from; at < o.to; at += spanMax)
    yield encodeGap({ baseOffset: at, lastOffset: Math.min(at + spanMax, o.to) - 1, leaderEpoch: o.leaderEpoch });
}
