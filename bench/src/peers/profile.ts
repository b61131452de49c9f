/** How long and how often the peers are measured. */
export interface PeersProfile {
  readonly rounds: number;
  /** The first run of each shape, from the rates that are expected: it warms up, and tells the size of the others. */
  readonly shortSeconds: number;
  readonly longSeconds: number;
  readonly sendSeconds: number;
}

export const peersProfiles: Readonly<Record<'quick' | 'full', PeersProfile>> = {
  quick: { rounds: 1, shortSeconds: 0.3, longSeconds: 1.2, sendSeconds: 0.5 },
  full: { rounds: 3, shortSeconds: 0.7, longSeconds: 3, sendSeconds: 1.2 },
};
