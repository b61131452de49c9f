/**
 * What all connections of a broker wait for in requests that are held until there is news: partitions of long polls,
 * and members of heartbeats. Each costs memory while it waits.
 */
export class HeldTotal {
  count = 0;
  readonly #countMax: number;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  hasRoomFor(count: number): boolean {
    return this.count + count <= this.#countMax;
  }
}
