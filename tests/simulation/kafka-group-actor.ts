import { ProcessClock } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import { KafkaMember } from './kafka-member.ts';
import type { World } from './world.ts';

/** How a member's life ends, or goes on, as in the native group. */
const fates = ['leaves', 'leaves', 'dies', 'freezes'] as const;
const frozenMsMax = 12_000;

/** Processes, one after another, each with one member of the classic group. */
export class KafkaGroupActor {
  readonly #world: World;
  readonly #name: string;
  readonly #random: SeededRandom;

  constructor(o: { world: World; name: string; random: SeededRandom }) {
    this.#world = o.world;
    this.#name = o.name;
    this.#random = o.random;
  }

  /** As long as there are faults, and once more in a world without. */
  async run(): Promise<void> {
    for (let isLast = false; !isLast;) {
      isLast = this.#world.isHealed;
      const clock = new ProcessClock(this.#world.clock);
      const dead = Promise.withResolvers<void>();
      await Promise.race([this.#live(clock, dead.resolve), dead.promise]);
    }
  }

  async #live(clock: ProcessClock, died: () => void): Promise<void> {
    const member = new KafkaMember({ world: this.#world, clock, name: this.#name, random: this.#random.fork() });
    const fate = this.#random.pick(fates);
    const lifeMs = this.#random.next() * this.#world.plan.memberLifeMsMax;
    const timer = this.#world.clock.schedule(lifeMs, () => {
      if (fate === 'leaves' || this.#world.isHealed) return member.leave();
      if (fate === 'dies') return this.#die(member, clock, died);
      const forMs = this.#random.next() * frozenMsMax;
      this.#world.trace.add(`${this.#name} stands still for ${Math.round(forMs)} ms`);
      clock.freeze(forMs);
      member.excuse(forMs);
      this.#world.clock.schedule(lifeMs, () => clock.run(() => member.leave()));
    });
    await member.run();
    timer.cancel();
  }

  #die(member: KafkaMember, clock: ProcessClock, died: () => void): void {
    this.#world.trace.add(`${this.#name} is killed`);
    member.died();
    clock.kill();
    this.#world.network.kill(clock, { isTold: this.#random.chance(0.5) });
    died();
  }
}

/** A fresh member gets all that is left: the group is not stuck. Ends, or the run is stuck. */
export async function finishKafkaGroup(world: World, ends: ReadonlyMap<number, number>): Promise<void> {
  const clock = new ProcessClock(world.clock);
  await new KafkaMember({ world, clock, name: 'the last member', random: world.random.fork() }).drain(ends);
}
