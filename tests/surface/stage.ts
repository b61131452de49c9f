import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import type { SeededRandom } from '@q/testkit';

/** Short, so that what waits for a broker in vain is over soon. */
const connectOptions = { connectTimeoutMs: 2_000, requestTimeoutMs: 5_000, retry: { initialMs: 1, maxMs: 20 } };

/** A call that has not settled by then never will: nothing here waits for longer than a second. */
const settleMsMax = 3_000;

export const unsettled: unique symbol = Symbol('unsettled');

/** What came of a call: its value, what it threw, or nothing at all. */
export type Outcome = { readonly value: unknown } | { readonly thrown: unknown } | typeof unsettled;

/**
 * A broker in this process, in memory, and what plain JavaScript does to its clients. Errors that nobody caught are
 * gathered.
 *
 * Invariant: `troubles` has what a case did wrong; the run takes it after each case.
 */
export class Stage implements AsyncDisposable {
  readonly broker: Broker;
  /** Of the run: what does harm gets a client of its own. */
  readonly q: Q;
  readonly #uncaught: unknown[] = [];
  readonly #keep: (error: unknown) => void;
  #names = 0;

  private constructor(broker: Broker, q: Q) {
    this.broker = broker;
    this.q = q;
    this.#keep = (error) => void this.#uncaught.push(error);
    process.on('unhandledRejection', this.#keep);
    process.on('uncaughtException', this.#keep);
  }

  static async open(): Promise<Stage> {
    const broker = await startBroker({
      storage: 'memory',
      port: 0,
      admin: false,
      limits: { partitionsMax: 1_000_000, topicsMax: 100_000 },
    });
    return new Stage(broker, await connect(broker.url, connectOptions));
  }

  connect(): Promise<Q> {
    return connect(this.broker.url, connectOptions);
  }

  /** No two cases share a topic or a group. */
  newName(what: string): string {
    this.#names += 1;
    return `${what}-${this.#names}`;
  }

  async newTopic(partitions: number, config: Readonly<Record<string, string | number>> = {}): Promise<string> {
    const name = this.newName('t');
    await this.q.admin.createTopic(name, { partitions, config });
    return name;
  }

  /** What nobody caught since the last call. */
  takeUncaught(): unknown[] {
    return this.#uncaught.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('unhandledRejection', this.#keep);
    process.off('uncaughtException', this.#keep);
    await this.q.close({ timeoutMs: 0 });
    await this.broker.close();
  }
}

/** Calls, and waits for what the call promises. */
export async function outcomeOf(call: () => unknown): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof unsettled>((resolve) => {
    timer = setTimeout(() => resolve(unsettled), settleMsMax);
  });
  const settled = (async (): Promise<Outcome> => {
    try {
      return { value: await call() };
    } catch (thrown) {
      return { thrown };
    }
  })();
  const outcome = await Promise.race([settled, late]);
  clearTimeout(timer);
  return outcome;
}

/** Turns of the event loop: any moment of what is under way. */
export async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) await new Promise((resolve) => setImmediate(resolve));
}

export async function someTurns(random: SeededRandom): Promise<void> {
  const kind = random.below(4);
  if (kind === 0) return;
  if (kind === 1) for (let left = random.below(10); left > 0; left -= 1) await Promise.resolve();
  else await turns(random.below(kind === 2 ? 4 : 60));
}
