import { connect } from '@q/client';
import type { GroupConsumer, Q } from '@q/client';
import { seededRandom, TcpProxy } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { Scene } from './scene.ts';

const topic = 'events';
const partitions = 8;
const sessionMs = 1_000;

/** One handling of a record. */
interface Handling {
  readonly member: number;
  readonly isAcked: boolean;
}

/** Work and disturbances take their time: here it is the load, and nothing is waited for with it. */
function takes(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** A member on a connection of its own, which can be cut for good. */
class Member implements AsyncDisposable {
  readonly number: number;
  readonly #ledger: Ledger;
  readonly #q: Q;
  readonly #proxy: TcpProxy;
  readonly #consumer: GroupConsumer;
  readonly #running: Promise<unknown>;
  wasKilled = false;
  isPaused = false;

  private constructor(o: { number: number; ledger: Ledger; q: Q; proxy: TcpProxy }) {
    this.number = o.number;
    this.#ledger = o.ledger;
    this.#q = o.q;
    this.#proxy = o.proxy;
    this.#consumer = o.q.consumer(topic, {
      group: 'g',
      sessionTimeoutMs: sessionMs,
      autoCommit: { intervalMs: 20 },
      concurrency: { by: 'key', max: 4 },
      drainTimeoutMs: 500,
    });
    this.#running = this.#consumer.run(async (message) => {
      await takes(this.isPaused ? 300 : 1);
      // What is not ours any more is not acknowledged: its next owner handles it again.
      this.#ledger.note(String(message.value), { member: this.number, isAcked: !message.signal.aborted });
    });
  }

  static async join(number: number, o: { port: number; ledger: Ledger }): Promise<Member> {
    const proxy = await TcpProxy.start({ host: '127.0.0.1', port: o.port });
    const q = await connect(`q://${proxy.address}`, { retry: { initialMs: 5, maxMs: 50 } });
    return new Member({ number, ledger: o.ledger, q, proxy });
  }

  /** Cut off for good, as when its machine dies. */
  kill(): void {
    this.wasKilled = true;
    this.#proxy.refuse();
    this.#proxy.cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { abandoned } = await this.#q.close({ timeoutMs: this.wasKilled ? 0 : 2_000 });
    if (abandoned > 0) this.wasKilled = true;
    await this.#running;
    await this.#proxy[Symbol.asyncDispose]();
  }
}

/** What was handled, by whom, and how often. */
class Ledger {
  readonly handlings = new Map<string, Handling[]>();

  #onNoted: () => void = () => {};

  note(value: string, handling: Handling): void {
    this.handlings.set(value, [...(this.handlings.get(value) ?? []), handling]);
    this.#onNoted();
  }

  get size(): number {
    return this.handlings.size;
  }

  /** Resolves when so many different records were handled. */
  reaches(records: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onNoted = (): void => {
        if (this.size >= records) resolve();
      };
      this.#onNoted();
    });
  }
}

/** Members come, go, die and dawdle. Returns when so many steps are over; those alive are left running. */
async function disturb(
  random: SeededRandom,
  o: { steps: number; port: number; ledger: Ledger },
): Promise<{ alive: Member[]; gone: Member[]; leaving: Promise<void>[] }> {
  const alive: Member[] = [];
  const gone: Member[] = [];
  const leaving: Promise<void>[] = [];
  for (let step = 0; step < o.steps; step += 1) {
    const victim = alive.length === 0 ? undefined : random.pick(alive);
    if (victim === undefined || (alive.length < 4 && random.chance(0.5))) alive.push(await Member.join(step, o));
    else if (random.chance(0.3)) victim.isPaused = !victim.isPaused;
    else {
      alive.splice(alive.indexOf(victim), 1);
      gone.push(victim);
      if (random.chance(0.5)) victim.kill();
      leaving.push(victim[Symbol.asyncDispose]());
    }
    await takes(random.between(20, 250));
  }
  if (alive.length === 0) alive.push(await Member.join(o.steps, o));
  return { alive, gone, leaving };
}

describe('a group under disturbance', () => {
  it.each([1, 2])(
    'C4 G1 G2 handles every record, and again only what nobody had committed (seed %i)',
    async (seed) => {
      await using scene = await Scene.start();
      await scene.q.admin.createTopic(topic, { partitions });
      const random = seededRandom(seed);
      const ledger = new Ledger();
      const disturbing = disturb(random, { steps: 12, port: scene.broker.port, ledger });
      let produced = 0;
      await using producer = scene.q.producer();
      const producing = (async () => {
        for (let round = 0; round < 40; round += 1) {
          await producer.sendBatch(
            topic,
            Array.from({ length: 50 }, () => ({ key: `k${produced % 40}`, value: String(produced++) })),
          );
          await takes(20);
        }
      })();
      const { alive, gone, leaving } = await disturbing;
      await producing;
      for (const member of alive) member.isPaused = false;
      await ledger.reaches(produced);
      await Promise.all([...leaving, ...alive.map((member) => member[Symbol.asyncDispose]())]);
      expect(ledger.size).toBe(produced);
      // Who closed in good order and abandoned nothing had committed all that it acknowledged.
      const orderly = new Set([...gone, ...alive].filter(({ wasKilled }) => !wasKilled).map(({ number }) => number));
      for (const [value, handlings] of ledger.handlings) {
        const settled = handlings.findIndex(({ member, isAcked }) => isAcked && orderly.has(member));
        expect(
          settled === -1 || settled === handlings.length - 1,
          `seed ${seed}: record ${value} was handled ${JSON.stringify(handlings)}`,
        ).toBe(true);
      }
    },
    60_000,
  );
});
