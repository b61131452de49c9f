import { sizeName } from '../cases/size-name.ts';
import type { Durability, Shape } from './peer.ts';
import type { Metric, Row } from './row.ts';

/** The product beside one peer in one number that the target is about: "ahead of each". */
export interface PeerJudgement {
  readonly peer: string;
  readonly durability: Durability;
  readonly shape: Shape;
  readonly metric: Metric;
  /** The product's median by the peer's. */
  readonly ratio: number;
  readonly isReached: boolean;
}

const productName = 'q';
/** Whatever else is measured of the product: itself with other settings. */
const ownName = /^q\b/;
const judged: readonly Metric[] = [
  'produce, records/s',
  'produce, records a CPU second',
  'consume, records/s',
  'consume, records a CPU second',
];

/** Every number of a peer that the product is to be ahead of, in the order in which they were measured. */
export function judgePeers(rows: readonly Row[]): PeerJudgement[] {
  return rows
    .filter(({ peer, metric }) => !ownName.test(peer) && judged.includes(metric))
    .flatMap((row) => {
      const ours = rows.find(
        (one) =>
          one.peer === productName
          && one.metric === row.metric
          && one.durability === row.durability
          && isSameShape(one.shape, row.shape),
      );
      if (ours === undefined) return [];
      const { peer, durability, shape, metric } = row;
      const ratio = ours.median / row.median;
      return [{ peer, durability, shape, metric, ratio, isReached: ratio > 1 }];
    });
}

/** In words: how many were judged, and those in which the product is not ahead. */
export function describeJudgements(judgements: readonly PeerJudgement[]): string[] {
  const missed = judgements.filter(({ isReached }) => !isReached);
  return [
    `Target, to be ahead of each peer in records a second and for each second of processor time: ${judgements.length - missed.length} of ${judgements.length} reached.`,
    ...missed.map(
      ({ peer, durability, shape, metric, ratio }) =>
        `- not reached: ${metric}, ${sizeName(shape.valueBytes)}, ${shape.partitions} part., ${durability}: ${ratio.toFixed(2)} of ${peer}`,
    ),
  ];
}

function isSameShape(one: Shape, other: Shape): boolean {
  return one.valueBytes === other.valueBytes && one.partitions === other.partitions;
}
