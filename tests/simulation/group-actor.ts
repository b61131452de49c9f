import type { Q } from '@q/client';
import { ProcessClock } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import { checkCommitted } from './group-check.ts';
import { GroupMember } from './group-member.ts';
import { connectClient, expectQError } from './simulated-client.ts';
import type { World } from './world.ts';

/**
 * How a member's life ends, or goes on: it leaves; its process is killed; its process stands still, for longer than a
 * session perhaps.
 */
const fates = ['leaves', 'leaves', 'dies', 'freezes', 'freezes'] as const;
const frozenMsMax = 8_000;

/**
 * Processes, one after another, in which members of a group come and go. Who owns what is written down, as the members
 * see it, and what was committed must never be seen lower.
 */
export class GroupActor {
  readonly #world: World;
  readonly #name: string;
  readonly #random: SeededRandom;

  constructor(o: { world: World; name: string }) {
    this.#world = o.world;
    this.#name = o.name;
    this.#random = o.world.random.fork();
  }

  async run(): Promise<void> {
    while (!this.#world.isHealed) {
      const clock = new ProcessClock(this.#world.clock);
      const dead = Promise.withResolvers<void>();
      await Promise.race([this.#live(clock, dead.resolve), dead.promise]);
    }
  }

  async #live(clock: ProcessClock, died: () => void): Promise<void> {
    const q = await connectClient(this.#world, clock);
    // As long as there are faults, and once more in a world without.
    for (let isLast = false; !isLast;) {
      isLast = this.#world.isHealed;
      await this.#member(q, clock, died);
      await checkCommitted(this.#world, q).catch((error: unknown) =>
        expectQError(this.#world, error, `${this.#name} asks in vain`),
      );
    }
    await q.close({ timeoutMs: 1_000 });
  }

  async #member(q: Q, clock: ProcessClock, died: () => void): Promise<void> {
    const member = new GroupMember({ world: this.#world, q, clock, name: this.#name, random: this.#random.fork() });
    const afterMs = this.#random.next() * this.#world.plan.memberLifeMsMax;
    const fate = this.#random.pick(fates);
    const timer = this.#world.clock.schedule(afterMs, () => {
      if (fate === 'leaves' || this.#world.isHealed) return member.leave();
      if (fate === 'dies') return this.#die(member, clock, died);
      this.#freeze(member, clock);
      this.#world.clock.schedule(this.#random.next() * this.#world.plan.memberLifeMsMax, () =>
        clock.run(() => member.leave()),
      );
    });
    await member.run();
    timer.cancel();
  }

  #freeze(member: GroupMember, clock: ProcessClock): void {
    const forMs = this.#random.next() * frozenMsMax;
    this.#world.trace.add(`${this.#name} stands still for ${Math.round(forMs)} ms`);
    clock.freeze(forMs);
    member.excuse(forMs);
  }

  #die(member: GroupMember, clock: ProcessClock, died: () => void): void {
    this.#world.trace.add(`${this.#name} is killed`);
    member.died();
    clock.kill();
    this.#world.network.kill(clock, { isTold: this.#random.chance(0.5) });
    died();
  }
}
