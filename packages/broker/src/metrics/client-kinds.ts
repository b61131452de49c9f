import { statisticsLimits } from '../limits.ts';

/** Connections with the same software at their other end. */
export interface ClientKind {
  /** The protocol that they speak. */
  readonly door: string;
  /** Name and version of the library, as it says: empty = it does not; `other` = all that are not told apart. */
  readonly software: string;
  readonly softwareVersion: string;
  readonly connections: number;
}

interface Connected {
  readonly door: string;
  readonly software?: { readonly name: string; readonly version: string } | null | undefined;
}

/** Longer names are cut: they are others' texts, and stand in every answer. */
const textMax = 64;

/** The most connections first. What is beyond the bound is counted together, by door. */
export function clientKinds(connections: Iterable<Connected>): ClientKind[] {
  const kinds = new Map<string, { -readonly [Name in keyof ClientKind]: ClientKind[Name] }>();
  for (const { door, software } of connections) {
    const name = (software?.name ?? '').slice(0, textMax);
    const version = (software?.version ?? '').slice(0, textMax);
    const key = `${door}\n${name}\n${version}`;
    const known = kinds.get(key);
    if (known === undefined) kinds.set(key, { door, software: name, softwareVersion: version, connections: 1 });
    else known.connections += 1;
  }
  const all = [...kinds.values()].sort((left, right) => right.connections - left.connections);
  const told = all.slice(0, statisticsLimits.clientKindsMax);
  const others = new Map<string, number>();
  for (const { door, connections: count } of all.slice(told.length)) others.set(door, (others.get(door) ?? 0) + count);
  for (const [door, count] of others) told.push({ door, software: 'other', softwareVersion: '', connections: count });
  return told;
}
