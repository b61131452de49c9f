import { Queue } from '../queue.ts';

/** An item on its way through the lanes. */
export interface LaneTicket<T> {
  readonly item: T;
  /** Null: without a key, in nobody's way. */
  readonly key: string | null;
  /** @internal */
  readonly group: LaneGroup<T>;
}

/** The lanes of one owner (a partition), by key. A key is in the map while one of its items is ready or in work. */
interface LaneGroup<T> {
  readonly waiting: Map<string, Queue<LaneTicket<T>>>;
  readonly inWork: Set<LaneTicket<T>>;
  ahead: number;
  /** `closing`: nothing more comes out of it. `dropped`: it does not count any more either. */
  state: 'open' | 'closing' | 'dropped';
}

/**
 * Lets items of different keys overtake each other, and never those of one key.
 *
 * Invariants
 * - Of a key (and owner) at most one item is ready or in work; the others wait behind it in their order.
 * - At most `max` items are in work. At most `aheadMax` were admitted and are not in work yet, if the caller asks
 *   `wantsMore` first.
 * - What is ready belongs to owners that are open.
 * - Dropping an owner forgets its items, also those in work: they free their places at once, and `finish` ignores them.
 */
export class KeyLanes<T> {
  readonly #max: number;
  readonly #aheadMax: number;
  readonly #groups = new Map<object, LaneGroup<T>>();
  #ready = new Queue<LaneTicket<T>>();
  #inWork = 0;
  #ahead = 0;

  constructor(o: { max: number; aheadMax: number }) {
    this.#max = o.max;
    this.#aheadMax = o.aheadMax;
  }

  /** Something could be taken right now. */
  get canTake(): boolean {
    return this.#inWork < this.#max && this.#ready.length > 0;
  }

  /** There is work to be done beside what was admitted, and room for it. */
  get wantsMore(): boolean {
    return this.#inWork < this.#max && this.#ahead < this.#aheadMax;
  }

  admit(item: T, o: { owner: object; key: string | null }): void {
    const group = this.#groupOf(o.owner);
    const ticket: LaneTicket<T> = { item, key: o.key, group };
    this.#ahead += 1;
    group.ahead += 1;
    const queue = o.key === null ? undefined : group.waiting.get(o.key);
    if (queue !== undefined) return queue.push(ticket);
    if (o.key !== null) group.waiting.set(o.key, new Queue());
    this.#ready.push(ticket);
  }

  /** The next item whose key is free, or null. It is in work until `finish`. */
  take(): LaneTicket<T> | null {
    if (!this.canTake) return null;
    const ticket = this.#ready.shift() as LaneTicket<T>;
    ticket.group.ahead -= 1;
    ticket.group.inWork.add(ticket);
    this.#ahead -= 1;
    this.#inWork += 1;
    return ticket;
  }

  /** The item is done: the next one of its key is ready. */
  finish(ticket: LaneTicket<T>): void {
    const { group, key } = ticket;
    if (!group.inWork.delete(ticket)) return;
    this.#inWork -= 1;
    if (key === null || group.state === 'closing') return;
    const next = group.waiting.get(key)?.shift();
    if (next === undefined) group.waiting.delete(key);
    else this.#ready.push(next);
  }

  /** As `finish`, of everything in work of the owner of which the condition holds. */
  finishWhere(owner: object, isDone: (item: T) => boolean): void {
    for (const ticket of this.#groups.get(owner)?.inWork ?? []) if (isDone(ticket.item)) this.finish(ticket);
  }

  /** Forgets what is not in work yet; what is keeps its place until `finish`. */
  closeOwner(owner: object): void {
    const group = this.#groups.get(owner);
    if (group === undefined) return;
    this.#ahead -= group.ahead;
    group.ahead = 0;
    group.waiting.clear();
    group.state = 'closing';
    // They would keep their batches in memory until somebody comes to take them.
    this.#ready = queueOf(this.#ready, (ticket) => ticket.group !== group);
  }

  /** Forgets everything of the owner, also what is in work. */
  drop(owner: object): void {
    const group = this.#groups.get(owner);
    if (group === undefined) return;
    this.closeOwner(owner);
    this.#groups.delete(owner);
    this.#inWork -= group.inWork.size;
    group.inWork.clear();
    group.state = 'dropped';
  }

  #groupOf(owner: object): LaneGroup<T> {
    let group = this.#groups.get(owner);
    if (group === undefined) {
      group = { waiting: new Map(), inWork: new Set(), ahead: 0, state: 'open' };
      this.#groups.set(owner, group);
    }
    return group;
  }
}

function queueOf<T>(queue: Queue<T>, isKept: (item: T) => boolean): Queue<T> {
  const kept = new Queue<T>();
  for (const item of queue) if (isKept(item)) kept.push(item);
  return kept;
}
