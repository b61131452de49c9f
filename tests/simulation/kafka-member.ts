import { iterateBatches, iterateRecords } from '@q/protocol';
import { formatLog } from '@q/testkit';
import type { ProcessClock, SeededRandom } from '@q/testkit';
import { kafkaErrorCode } from '../../packages/kafka-gateway/src/errors/kafka-errors.ts';
import { KafkaClient, noAnswer } from './kafka-client.ts';
import { KafkaGroupCalls, kafkaGroupName, kafkaSessionMs } from './kafka-group.ts';
import type { Claim } from './kafka-group.ts';
import { idOf } from './record-identity.ts';
import { groupTopic } from './simulated-group.ts';
import type { World } from './world.ts';

const heartbeatMs = 1_000;
const pauseMsMax = 100;

/** What a member may be told when it is not, or no longer, in the generation that it thinks: it joins again. */
const rejoining: readonly number[] = [
  kafkaErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  kafkaErrorCode.COORDINATOR_NOT_AVAILABLE,
  kafkaErrorCode.NOT_COORDINATOR,
  kafkaErrorCode.ILLEGAL_GENERATION,
  kafkaErrorCode.UNKNOWN_MEMBER_ID,
  kafkaErrorCode.REBALANCE_IN_PROGRESS,
  kafkaErrorCode.REQUEST_TIMED_OUT,
  kafkaErrorCode.KAFKA_STORAGE_ERROR,
];

/**
 * One member of the classic group, from joining to leaving: it joins, divides the partitions if it is the leader, reads
 * and commits what it has, and joins again whenever the group wants it.
 *
 * Invariants
 * - It owns partitions only as long as its session, counted from when its last confirmed heartbeat was sent, goes on.
 * - What counts as handled is in `world.handledOverKafka` before it could have been committed.
 */
export class KafkaMember {
  readonly #world: World;
  readonly #clock: ProcessClock;
  readonly #name: string;
  readonly #random: SeededRandom;
  readonly #coordinator: KafkaClient;
  readonly #data: KafkaClient;
  readonly #calls: KafkaGroupCalls;
  readonly #reads: KafkaGroupCalls;
  readonly #positions = new Map<number, number>();
  #claim: Claim = { memberId: '', generationId: -1 };
  #sessionEndsMs = 0;
  #lastBeatMs = 0;
  /** How often it has come into a generation; it may come into one again. */
  #entries = 0;
  #isLeaving = false;

  constructor(o: { world: World; clock: ProcessClock; name: string; random: SeededRandom }) {
    this.#world = o.world;
    this.#clock = o.clock;
    this.#name = o.name;
    this.#random = o.random;
    this.#coordinator = new KafkaClient(o.world, o.clock);
    this.#data = new KafkaClient(o.world, o.clock);
    this.#calls = new KafkaGroupCalls(this.#coordinator);
    this.#reads = new KafkaGroupCalls(this.#data);
  }

  /** Until it is told to leave. */
  async run(): Promise<void> {
    while (!this.#isLeaving) {
      const share = await this.#join();
      if (share === null) await this.#pause();
      else await this.#work(share);
      this.#letGo();
      if (share !== null && this.#random.chance(0.2)) await this.#commitLate(share);
    }
    await this.#calls.leave(this.#claim).catch(noAnswer);
    this.#world.trace.add(`${this.#name} ${this.#claim.memberId} has left`);
    await this.#close();
  }

  /** Ends once the group has nothing left that is not committed. */
  async drain(ends: ReadonlyMap<number, number>): Promise<void> {
    const isDone = (): boolean => [...ends].every(([partition, end]) => (this.#positions.get(partition) ?? 0) >= end);
    while (!isDone()) {
      const share = await this.#join();
      if (share === null) await this.#pause();
      else await this.#work(share, isDone);
      this.#letGo();
    }
    await this.#calls.leave(this.#claim).catch(noAnswer);
    await this.#close();
  }

  leave(): void {
    this.#isLeaving = true;
  }

  /** Its process is dead. */
  died(): void {
    this.#world.history.ownerships.left(this.#claim.memberId, this.#nowMs, { isCertain: true });
  }

  /** For so long it may believe that it owns what it does not any more. */
  excuse(forMs: number): void {
    this.#world.history.ownerships.excuse(this.#claim.memberId, Math.ceil(this.#nowMs + forMs));
  }

  get #nowMs(): number {
    return this.#world.clock.monotonic();
  }

  /** What it owns of the generation that it has come into; null where it has not. */
  async #join(): Promise<readonly number[] | null> {
    const joined = await this.#calls.join(this.#claim.memberId).catch(noAnswer);
    if (joined === null) return null;
    const { errorCode, memberId, generationId, leader, members } = joined;
    // The id to come back with.
    if (errorCode === kafkaErrorCode.MEMBER_ID_REQUIRED) this.#claim = { memberId, generationId: -1 };
    if (errorCode !== 0) return this.#refused(errorCode, 'join');
    this.#claim = { memberId, generationId };
    const shares =
      leader === memberId ? this.#divide(members.map((each) => each.memberId)) : new Map<string, number[]>();
    const share = await this.#calls.sync(this.#claim, shares).catch(noAnswer);
    if (share === null) return null;
    if (typeof share === 'number') return this.#refused(share, 'sync');
    return (await this.#beat()) ? share : null;
  }

  #divide(members: readonly string[]): Map<string, number[]> {
    const sorted = members.toSorted();
    const shares = new Map(sorted.map((memberId): [string, number[]] => [memberId, []]));
    for (let partition = 0; partition < this.#world.plan.partitions; partition += 1)
      shares.get(sorted[partition % sorted.length]!)!.push(partition);
    return shares;
  }

  #refused(code: number, what: string): null {
    this.#world.trace.add(`${this.#name} ${this.#claim.memberId}: ${what} is answered with ${code}`);
    if (code === kafkaErrorCode.UNKNOWN_MEMBER_ID) this.#claim = { memberId: '', generationId: -1 };
    else if (code !== kafkaErrorCode.MEMBER_ID_REQUIRED && !rejoining.includes(code))
      this.#world.problem(`a ${what} of ${this.#name} is answered with ${code}`);
    return null;
  }

  /** False when it is not, or not certainly, in its generation. */
  async #beat(): Promise<boolean> {
    const sentMs = this.#nowMs;
    this.#lastBeatMs = sentMs;
    const code = await this.#calls.heartbeat(this.#claim).catch(noAnswer);
    if (code === null) return this.#isInSession;
    if (code !== 0) {
      // Before anybody hears of another generation.
      this.#letGo();
      this.#refused(code, 'heartbeat');
      return false;
    }
    this.#sessionEndsMs = sentMs + kafkaSessionMs;
    return this.#isInSession;
  }

  get #isInSession(): boolean {
    return this.#nowMs < this.#sessionEndsMs;
  }

  #own(partitions: readonly number[]): void {
    const { trace, history } = this.#world;
    this.#entries += 1;
    trace.add(`${this.#name} ${this.#claim.memberId} owns ${partitions.join()} in ${this.#claim.generationId}`);
    for (const partition of partitions)
      history.ownerships.assigned(this.#claim.memberId, ownedLog(partition), this.#nowMs);
    this.#watchSession();
  }

  /** The moment in which its session runs out is the last in which it owns anything. */
  #watchSession(): void {
    const endsMs = this.#sessionEndsMs;
    this.#clock.schedule(endsMs - this.#nowMs, () => {
      if (this.#sessionEndsMs > endsMs) this.#watchSession();
      else this.#letGo();
    });
  }

  #letGo(): void {
    this.#sessionEndsMs = 0;
    for (let partition = 0; partition < this.#world.plan.partitions; partition += 1)
      this.#world.history.ownerships.letGo(this.#claim.memberId, ownedLog(partition), this.#nowMs);
  }

  /** Reads and commits for as long as it may. */
  async #work(share: readonly number[], isDone: () => boolean = () => false): Promise<void> {
    this.#own(share);
    if (!(await this.#findPositions(share))) return;
    for (let turn = 0; this.#isInSession && !this.#isLeaving && !isDone(); turn += 1) {
      if (this.#nowMs - this.#lastBeatMs >= heartbeatMs && !(await this.#beat())) return;
      const partition = share[turn % Math.max(1, share.length)];
      if (partition === undefined || !(await this.#read(partition))) await this.#pause();
      else if (this.#random.chance(0.6) && !(await this.#commit(partition))) return;
    }
  }

  async #findPositions(share: readonly number[]): Promise<boolean> {
    const { history, handledOverKafka: handled } = this.#world;
    const asked = share.map((partition) => history.askCommitted(kafkaGroupName, formatLog(groupTopic, partition)));
    const committed = await this.#calls.committed(share).catch(noAnswer);
    if (committed === null) return false;
    if (typeof committed === 'number') {
      this.#refused(committed, 'fetch of offsets');
      return false;
    }
    for (const [index, partition] of share.entries()) {
      const [log, offset] = [formatLog(groupTopic, partition), committed.get(partition) ?? 0];
      history.fetchedCommitted(kafkaGroupName, { log, offset }, asked[index]!);
      const passed = Array.from({ length: offset }, (_, below) => below).find(
        (below) => !handled.has(`${log} ${below}`),
      );
      if (passed !== undefined)
        this.#world.problem(`${log} is committed to ${offset} over Kafka, and nobody has handled ${passed}`);
      this.#positions.set(partition, offset);
    }
    return true;
  }

  /** False when nothing came. */
  async #read(partition: number): Promise<boolean> {
    const from = this.#positions.get(partition)!;
    const found = await this.#reads.fetch(partition, from).catch(noAnswer);
    if (found === null || found.errorCode !== 0) return false;
    let isNews = false;
    for (const batch of iterateBatches(found.bytes)) {
      for (const record of iterateRecords(batch)) {
        if (record.offset < this.#positions.get(partition)!) continue;
        if (!this.#isInSession || this.#isLeaving) return isNews;
        await this.#handle(partition, record.offset, idOf(record.headers));
        isNews = true;
      }
    }
    return isNews;
  }

  async #handle(partition: number, offset: number, value: string): Promise<void> {
    const { history, handledOverKafka } = this.#world;
    const { memberId } = this.#claim;
    const log = formatLog(groupTopic, partition);
    history.ownerships.handed(memberId, { log: ownedLog(partition), offset }, this.#nowMs);
    history.polled(`${memberId}, ${this.#entries}`, { log, offset, value, key: null });
    if (this.#random.chance(0.2)) await this.#pause();
    // What it has handled counts, whoever owns the partition by now.
    handledOverKafka.add(`${log} ${offset}`);
    this.#positions.set(partition, offset + 1);
  }

  /** False when it is not in its generation any more. */
  async #commit(partition: number): Promise<boolean> {
    const offset = this.#positions.get(partition)!;
    const code = await this.#calls.commit(this.#claim, partition, offset).catch(noAnswer);
    if (code === null) return true;
    if (code !== 0) {
      this.#letGo();
      this.#refused(code, 'commit');
      return false;
    }
    this.#world.trace.add(`${this.#name} commits ${partition}:${offset} over Kafka`);
    this.#world.history.committed(kafkaGroupName, { log: formatLog(groupTopic, partition), offset });
    return true;
  }

  /**
   * As a client that stood still while it committed: others may have its partitions by now, and be further. Either the
   * group does not take it, or nobody else has had the partition yet.
   */
  async #commitLate(share: readonly number[]): Promise<void> {
    const claim = this.#claim;
    await this.#sleep(this.#random.next() * kafkaSessionMs);
    for (const partition of share) {
      const offset = this.#positions.get(partition);
      if (offset === undefined) continue;
      const code = await this.#calls.commit(claim, partition, offset).catch(noAnswer);
      this.#world.trace.add(`${this.#name} commits ${partition}:${offset} late: ${code}`);
      if (code === 0) this.#world.history.committed(kafkaGroupName, { log: formatLog(groupTopic, partition), offset });
    }
  }

  async #close(): Promise<void> {
    await this.#coordinator.close();
    await this.#data.close();
  }

  #pause(): Promise<void> {
    return this.#sleep(this.#random.next() * pauseMsMax);
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.schedule(delayMs, resolve));
  }
}

/** The native group owns the same logs in its own right. */
function ownedLog(partition: number): string {
  return `${kafkaGroupName} ${formatLog(groupTopic, partition)}`;
}
