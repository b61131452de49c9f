import { connect } from '@q/client';
import type { Q } from '@q/client';
import { onTestFinished } from 'vitest';
import { ca } from './secured-broker.ts';

/** Whom the rigs let in everywhere. */
export const alice = { username: 'alice', password: 'alice-pw' };
/** Longest that an honest client waits while others misbehave. The machine of the tests has other work. */
export const honestMsMax = 2_000;

/** An honest client at work, from `begin` to `end`. */
export class Honest {
  readonly #q: Q;
  slowestMs = 0;
  sent = 0;
  #isStopping = false;
  #working: Promise<void> = Promise.resolve();

  private constructor(q: Q) {
    this.#q = q;
  }

  static async begin(url: string, isEncrypted: boolean): Promise<Honest> {
    const login = { mechanism: 'SCRAM-SHA-256', ...alice } as const;
    const q = await connect(url, { login, ...(isEncrypted && { tls: { ca } }) });
    onTestFinished(() => q.close().then(() => undefined));
    await q.admin.createTopic('orders', { partitions: 1 });
    const honest = new Honest(q);
    honest.#working = honest.#work();
    // Whoever waits for the end hears of it.
    honest.#working.catch(() => undefined);
    return honest;
  }

  async #work(): Promise<void> {
    const producer = this.#q.producer();
    while (!this.#isStopping) {
      const from = performance.now();
      await producer.send('orders', { value: 'x' });
      this.slowestMs = Math.max(this.slowestMs, performance.now() - from);
      this.sent += 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async end(): Promise<void> {
    this.#isStopping = true;
    await this.#working;
  }
}
