import type { GroupConsumer, GroupMessage, Q } from '@q/client';
import { formatLog } from '@q/testkit';
import type { ProcessClock, SeededRandom } from '@q/testkit';
import { idOf } from './record-identity.ts';
import { expectQError } from './simulated-client.ts';
import { groupName, groupSessionMs, groupTopic, textOf } from './simulated-group.ts';
import type { World } from './world.ts';

const drainTimeoutMs = 500;
/** Longer than the drain: some of what is handed out comes to its end too late. */
const workMsMax = 1_500;
const inHandMax = 20;

/** What no partition has. */
const offsetBeyond = 1_000_000;

/**
 * How a member works: one record after another, and commits offsets by hand, with acknowledgements or without a single
 * one; or on many at once, acknowledging in any order, while committing is left to the client; or `run` does it all,
 * with handlers of which some never come to their end.
 */
const ways = ['byHand', 'committing', 'atOnce', 'atOnce', 'run'] as const;

/**
 * One member of the group, from joining to leaving.
 *
 * Invariant: what counts as acknowledged is in `world.handled` before the client could have committed it.
 */
export class GroupMember {
  readonly #world: World;
  readonly #clock: ProcessClock;
  readonly #name: string;
  readonly #random: SeededRandom;
  readonly #consumer: GroupConsumer;
  readonly #way: (typeof ways)[number];
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
    this.#way = o.random.pick(ways);
    this.#isByHand = this.#way === 'byHand' || this.#way === 'committing';
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
      if (this.#way === 'run') await this.#consumer.run((message) => this.#handleInRun(message));
      else await this.#loop();
    } catch (error) {
      expectQError(this.#world, error, `${this.#name} leaves the group`);
      this.#endedByItself();
      await this.#sleep(this.#random.next() * 100);
    }
    await this.#consumer.close({ timeoutMs: 100 });
    this.#endedByItself();
  }

  /** It may be left while it waits. */
  async #loop(): Promise<void> {
    const messages = this.#consumer[Symbol.asyncIterator]();
    for (;;) {
      const next = messages.next();
      if (this.#random.chance(0.02)) await this.#leaveWhileWaiting(messages, next);
      const { done, value } = await next;
      if (done === true) return;
      await this.#handle(value);
    }
  }

  /** As `leave`, by leaving the loop. Not if something came: then it has that in hand. */
  async #leaveWhileWaiting(messages: AsyncIterator<GroupMessage, undefined>, next: Promise<unknown>): Promise<void> {
    const settled = next.then(
      () => true,
      () => true,
    );
    if (await Promise.race([settled, this.#sleep(this.#random.next() * 20)])) return;
    if (this.#isLeaving || this.#isDead) return;
    this.#isLeaving = true;
    const leaving = messages.return?.();
    this.#leftIfIdle();
    await leaving;
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
      for (const partition of partitions)
        history.ownerships.assigned(this.#id, formatLog(groupTopic, partition), this.#nowMs);
    });
    for (const event of ['revoked', 'lost'] as const) {
      this.#consumer.on(event, ({ partitions }) => {
        trace.add(`${this.#name} ${this.#id}: ${event} ${partitions.join()}`);
        for (const partition of partitions)
          history.ownerships.letGo(this.#id, formatLog(groupTopic, partition), this.#nowMs);
      });
    }
  }

  async #handle(message: GroupMessage): Promise<void> {
    this.#handed(message);
    const work = this.#work(message);
    if (this.#random.chance(0.05)) void this.#commitBeyond(message.partition);
    if (!this.#isByHand) return;
    if (!(await work) || this.#random.chance(0.4)) return;
    const commit = this.#commit(message.partition, message.offset + 1);
    if (this.#random.chance(0.5)) await commit;
  }

  /** What `run` acknowledges it acknowledges right after this. */
  async #handleInRun(message: GroupMessage): Promise<void> {
    this.#handed(message);
    if (this.#random.chance(0.02)) await new Promise(() => {});
    await this.#sleep(this.#random.next() * this.#workMs);
    this.#world.handled.add(nameOf(message));
  }

  #handed(message: GroupMessage): void {
    const { partition, offset, headers } = message;
    this.#world.history.ownerships.handed(this.#id, { log: formatLog(groupTopic, partition), offset }, this.#nowMs);
    if (idOf(headers) === '') this.#world.problem(`${this.#name} got a record without an id`);
  }

  /** Takes a while. False if the partition was taken away before it was done. */
  async #work(message: GroupMessage): Promise<boolean> {
    this.#inHand += 1;
    const taken = new Promise<void>((resolve) =>
      message.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    await Promise.race([this.#sleep(this.#random.next() * this.#workMs), taken]);
    const isDone = !message.signal.aborted && this.#acknowledge(message);
    this.#inHand -= 1;
    this.#leftIfIdle();
    return isDone;
  }

  #acknowledge(message: GroupMessage): boolean {
    try {
      if (this.#way !== 'committing') message.ack();
      this.#world.handled.add(nameOf(message));
      return true;
    } catch (error) {
      expectQError(this.#world, error, `${this.#name} acknowledges in vain`);
      return false;
    }
  }

  async #commit(partition: number, offset: number): Promise<void> {
    try {
      await this.#consumer.commit([{ partition, offset, metadata: this.#random.chance(0.5) ? textOf(offset) : null }]);
      this.#world.trace.add(`${this.#name} commits ${partition}:${offset}`);
      this.#world.history.committed(groupName, { log: formatLog(groupTopic, partition), offset });
    } catch (error) {
      expectQError(this.#world, error, `${this.#name} cannot commit`);
    }
  }

  /** Whatever else is committed at the same time, this must not be told to be done. */
  async #commitBeyond(partition: number): Promise<void> {
    try {
      await this.#consumer.commit([{ partition, offset: offsetBeyond }]);
      this.#world.problem(`${this.#name} was told that ${offsetBeyond} is committed of partition ${partition}`);
    } catch (error) {
      expectQError(this.#world, error, `${this.#name} commits what is not there`);
    }
  }

  #leftIfIdle(): void {
    if (this.#isLeaving && !this.#isDead && this.#inHand === 0)
      this.#world.history.ownerships.left(this.#id, this.#nowMs, { isCertain: true });
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.schedule(delayMs, resolve));
  }
}

function nameOf({ partition, offset }: GroupMessage): string {
  return `${formatLog(groupTopic, partition)} ${offset}`;
}
