import { seededRandom } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import type { Folder } from './folder.ts';

/**
 * What can befall one file at rest. `flip` has the number of a bit, `cut` the size that is left, `zeros` the first byte
 * of a stretch of 32 that reads as zeros, `append` the number of one of `appendedTails`; `missing` has 0.
 */
export type DamageKind = 'flip' | 'cut' | 'zeros' | 'append' | 'missing';

export interface Damage {
  readonly path: string;
  readonly kind: DamageKind;
  readonly at: number;
}

const zerosBytes = 32;

/** The same in every run: what an earlier use of the blocks may have left behind the end of a file. */
const appendedTails: readonly Buffer[] = [1, 7, 12, 61, 200, 700].flatMap((length) => [
  seededRandom(length).bytes(length),
  Buffer.alloc(length),
]);

/** All damage to all files: every bit, every size, every stretch, every tail, every absence. */
export function allDamage(folder: Folder): Damage[] {
  return [...folder].flatMap(([path, bytes]) => damageOf(path, bytes));
}

function damageOf(path: string, bytes: Buffer): Damage[] {
  const of = (kind: DamageKind, count: number, step = 1): Damage[] =>
    Array.from({ length: count }, (_, index) => ({ path, kind, at: index * step }));
  return [
    ...of('flip', bytes.length * 8),
    ...of('cut', bytes.length),
    ...of('zeros', Math.ceil(bytes.length / zerosBytes), zerosBytes),
    ...of('append', appendedTails.length),
    ...of('missing', 1),
  ];
}

/**
 * So many of them, by the seed: the rarer kinds of a file all, then bits. Each file gets its share, however small it
 * is, as the small ones are those without a checksum.
 */
export function sampleDamage(folder: Folder, o: { count: number; random: SeededRandom }): Damage[] {
  const share = Math.ceil(o.count / folder.size);
  return [...folder].flatMap(([path, bytes]) => {
    const all = damageOf(path, bytes);
    if (all.length <= share) return all;
    return Array.from({ length: share }, () =>
      o.random.chance(0.6) ? o.random.pick(all) : o.random.pick(all.filter(({ kind }) => kind !== 'flip')),
    );
  });
}

/** The file's content afterwards, null when it is missing. The original stays as it is. */
export function damaged(original: Buffer, damage: Damage): Buffer | null {
  switch (damage.kind) {
    case 'flip': {
      const copy = Buffer.from(original);
      copy[damage.at >> 3]! ^= 1 << (damage.at & 7);
      return copy;
    }
    case 'cut':
      return original.subarray(0, damage.at);
    case 'zeros': {
      const copy = Buffer.from(original);
      return copy.fill(0, damage.at, Math.min(copy.length, damage.at + zerosBytes));
    }
    case 'append':
      return Buffer.concat([original, appendedTails[damage.at]!]);
    case 'missing':
      return null;
  }
}

/** The first byte that is not what it was. */
export function firstBadByte(original: Buffer, damage: Damage): number {
  if (damage.kind === 'flip') return damage.at >> 3;
  if (damage.kind === 'append') return original.length;
  return damage.kind === 'missing' ? 0 : damage.at;
}

export function describeDamage(image: string, { path, kind, at }: Damage): string {
  return `${image}:${path}:${kind}:${at}`;
}
