/**
 * Makes room for whoever comes: the admin server has few connections, and strangers can hold them by saying nothing or
 * little. So nobody is turned away at the door; whoever has been silent for longest gives way, and a probe that is
 * answered within milliseconds always gets its turn.
 *
 * Addresses of one /64 of IPv6 count as one.
 *
 * Invariant: `#held` has the connections in the order in which they were last served.
 */
import { networkOf } from '@q/security';

export interface HeldConnection {
  readonly address: string;
  /** Requests that are being answered. */
  busy: number;
  /** Breaks it. */
  readonly cut: () => void;
}

/** Requests of one connection that are being answered. Clients wait for each answer; few send one more ahead. */
const pipelinedMax = 8;

export class AdminConnections {
  readonly #connectionsMax: number;
  readonly #held = new Map<string, HeldConnection>();

  constructor(connectionsMax: number) {
    this.#connectionsMax = connectionsMax;
  }

  get size(): number {
    return this.#held.size;
  }

  opened(key: string, { address, cut }: { readonly address: string; readonly cut: () => void }): void {
    this.#held.set(key, { address: networkOf(address), cut, busy: 0 });
    if (this.#held.size > this.#connectionsMax) this.#makeRoom(key);
  }

  closed(key: string): void {
    this.#held.delete(key);
  }

  /** False: it has asked for too much ahead of the answers, and is broken. Each may be a password to be checked. */
  began(key: string): boolean {
    const held = this.#held.get(key);
    if (held === undefined) return true;
    held.busy += 1;
    if (held.busy <= pipelinedMax) return true;
    held.cut();
    return false;
  }

  /** It was served, so it is the last to go. */
  ended(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    held.busy -= 1;
    this.#held.delete(key);
    this.#held.set(key, held);
  }

  /** Of the address that has most of them the oldest goes that waits for nothing; else the oldest that does. */
  #makeRoom(newcomer: string): void {
    const idle = [...this.#held].filter(([key, { busy }]) => key !== newcomer && busy === 0);
    const candidates = idle.length > 0 ? idle : [...this.#held].filter(([key]) => key !== newcomer);
    const counts = new Map<string, number>();
    for (const { address } of this.#held.values()) counts.set(address, (counts.get(address) ?? 0) + 1);
    const most = Math.max(...candidates.map(([, { address }]) => counts.get(address)!));
    const victim = candidates.find(([, { address }]) => counts.get(address) === most);
    if (victim === undefined) return;
    this.#held.delete(victim[0]);
    victim[1].cut();
  }
}
