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

/**
 * Counts connections by kind. The first so many kinds since the start are told apart and stay so. All others are
 * counted together, by door: names are others' texts, and each is a time series in whatever stores the counts.
 */
export class ClientKinds {
  readonly #known = new Set<string>();

  /** The most connections first, and what is counted together last. */
  count(connections: Iterable<Connected>): ClientKind[] {
    const kinds = new Map<string, Mutable<ClientKind>>();
    for (const connection of connections) {
      const kind = this.#kindOf(connection);
      const key = keyOf(kind);
      const counted = kinds.get(key);
      if (counted === undefined) kinds.set(key, kind);
      else counted.connections += 1;
    }
    return [...kinds.values()].sort(
      (left, right) =>
        Number(left.software === other) - Number(right.software === other) || right.connections - left.connections,
    );
  }

  #kindOf({ door, software }: Connected): Mutable<ClientKind> {
    const name = (software?.name ?? '').slice(0, textMax);
    const version = (software?.version ?? '').slice(0, textMax);
    const kind = { door, software: name, softwareVersion: version, connections: 1 };
    // Who has not introduced itself takes no place.
    if (name === '' || this.#known.has(keyOf(kind))) return kind;
    if (this.#known.size >= statisticsLimits.clientKindsMax) return { ...kind, software: other, softwareVersion: '' };
    this.#known.add(keyOf(kind));
    return kind;
  }
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** The name of all that are not told apart. */
const other = 'other';

function keyOf({ door, software, softwareVersion }: ClientKind): string {
  return `${door}\n${software}\n${softwareVersion}`;
}
