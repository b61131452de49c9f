import type { GroupConsumer, GroupMessage, Q } from '@q/client';
import { formatLog } from '@q/testkit';
import type { ProcessClock, SeededRandom } from '@q/testkit';
import { idOf } from './record-identity.ts';
import { expectQError } from './simulated-client.ts';
import { groupName, groupSessionMs, groupTopic } from './simulated-group.ts';
import type { World } from './world.ts';

const drainTimeoutMs = 500;
/** Longer than the drain: some of what is handed out comes to its end too late. */
const workMsMax = 1_500;
const inHandMax = 20;

/**
 * One member of the group, from joining to leaving. It either does one record after another and commits offsets by hand, or works on
 * many at once, acknowledges in any order, and leaves committing to the client.
 *
 * Invariant: an acknowledgement is in `world.handled` before the client could have committed it.
 */
export class GroupMember {
  readonly #world: World;
  readonly #clock: ProcessClock;
  readonly #name: string;
  readonly #random: SeededRandom;
  readonly #consumer: GroupConsumer;
  readonly #isByHand: boolean;
  readonly #workMs: number;
  #inHand = 0;
  #isLeaving = false;
  #isDead = false;

  constructor(o: { world: World; q: Q; clock: ProcessClock; name: string; random: SeededRandom }) {
    this.#world = o.world;
    this.#clock = o.clock;
    this.#name = o.name;
    this.#random = o.random;
    this.#isByHand = o.random.chance(0.5);
    // One after another: slower than records come, so that a member that stands still has one in hand as a rule.
    this.#workMs = this.#isByHand ? o.random.pick([20, 400, 400]) : o.random.pick([1, 50, workMsMax]);
    this.#consumer = o.q.consumer(groupTopic, {
      group: groupName,
      autoCommit: this.#isByHand ? false : { intervalMs: o.random.pick([20, 300]) },
      sessionTimeoutMs: groupSessionMs,
      rebalanceTimeoutMs: o.world.plan.rebalanceTimeoutMs,
      drainTimeoutMs,
      maxUnacked: inHandMax,
      maxWaitMs: 50,
    });
    this.#writeDownOwnership();
  }

  async run(): Promise<void> {
    try {
      for await (const message of this.#consumer) await this.#handle(message);
    } catch (error) {
      expectQError(this.#world, error, `${this.#name} leaves the group`);
      this.#endedByItself();
      await this.#sleep(this.#random.next() * 100);
    }
    await this.#consumer.close({ timeoutMs: 100 });
    this.#endedByItself();
  }

  /** As soon as it is known: the next owner may come and die while this one is still closing. */
  #endedByItself(): void {
    if (!this.#isLeaving) this.#world.history.ownerships.left(this.#id, this.#nowMs, { isCertain: false });
  }

  /** In good order. It owns what it has in hand until that is done, or taken from it. */
  leave(): void {
    if (this.#isLeaving || this.#isDead) return;
    this.#isLeaving = true;
    void this.#consumer.close();
    this.#leftIfIdle();
  }

  /** Its process is dead. */
  died(): void {
    this.#isDead = true;
    this.#world.history.ownerships.left(this.#id, this.#nowMs, { isCertain: true });
  }

  /** For so long it may believe that it owns what it does not any more. */
  excuse(forMs: number): void {
    // Sums of fractions of a millisecond are not exact.
    this.#world.history.ownerships.excuse(this.#id, Math.ceil(this.#nowMs + forMs));
  }

  get #id(): string {
    return this.#consumer.memberId;
  }

  get #nowMs(): number {
    return this.#world.clock.monotonic();
  }

  #writeDownOwnership(): void {
    const { history, trace } = this.#world;
    this.#consumer.on('assigned', ({ partitions }) => {
      trace.add(`${this.#name} ${this.#id} owns ${partitions.join()}`);
      for (const partition of partitions) history.ownerships.assigned(this.#id, formatLog(groupTopic, partition), this.#nowMs);
    });
    for (const event of ['revoked', 'lost'] as const) {
      this.#consumer.on(event, ({ partitions }) => {
        trace.add(`${this.#name} ${this.#id}: ${event} ${partitions.join()}`);
        for (const partition of partitions) history.ownerships.letGo(this.#id, formatLog(groupTopic, partition), this.#nowMs);
      });
    }
  }

  async #handle(message: GroupMessage): Promise<void> {
    const { history } = this.#world;
    history.ownerships.handed(this.#id, { log: formatLog(groupTopic, message.partition), offset: message.offset }, this.#nowMs);
    if (idOf(message.headers) === '') this.#world.problem(`${this.#name} got a record without an id`);
    const work = this.#work(message);
    if (!this.#isByHand) return;
    if (!(await work) || this.#random.chance(0.4)) return;
    const commit = this.#commit(message.partition, message.offset + 1);
    if (this.#random.chance(0.5)) await commit;
  }

  /** Takes a while. False if the partition was taken away before it was done. */
  async #work(message: GroupMessage): Promise<boolean> {
    this.#inHand += 1;
    const taken = new Promise<void>((resolve) => message.signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([this.#sleep(this.#random.next() * this.#workMs), taken]);
    const isDone = !message.signal.aborted && this.#acknowledge(message);
    this.#inHand -= 1;
    this.#leftIfIdle();
    return isDone;
  }

  #acknowledge(message: GroupMessage): boolean {
    try {
      message.ack();
      this.#world.handled.add(`${formatLog(groupTopic, message.partition)} ${message.offset}`);
      return true;
    } catch (error) {
      expectQError(this.#world, error, `${this.#name} acknowledges in vain`);
      return false;
    }
  }

  async #commit(partition: number, offset: number): Promise<void> {
    try {
      await this.#consumer.commit([{ partition, offset }]);
      this.#world.trace.add(`${this.#name} commits ${partition}:${offset}`);
      this.#world.history.committed(groupName, { log: formatLog(groupTopic, partition), offset });
    } catch (error) {
      expectQError(this.#world, error, `${this.#name} cannot commit`);
    }
  }

  #leftIfIdle(): void {
    if (this.#isLeaving && !this.#isDead && this.#inHand === 0) this.#world.history.ownerships.left(this.#id, this.#nowMs, { isCertain: true });
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.schedule(delayMs, resolve));
  }
}
