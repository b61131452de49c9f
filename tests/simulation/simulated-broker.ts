import { startBroker } from '@q/broker';
import type { Broker, BrokerLogger } from '@q/broker';
import { kafkaDoor } from '@q/kafka-gateway';
import { FaultyFileSystem, ProcessClock } from '@q/testkit';
import type { CrashLoss, DiskOperation } from '@q/testkit';
import { checkImage } from './disk-image.ts';
import { scheduleRelapse } from './fault-actor.ts';
import { groupSessionMs } from './simulated-group.ts';
import { roomyDiskBytes } from './world.ts';
import type { World } from './world.ts';

export const brokerUrl = 'q://broker:7420';
export const kafkaAddress = { host: 'broker', port: 9092 } as const;
const reopenPauseMs = 500;
const restartDelayMsMax = 300;
/** A broker that has not started after so many tries, without a fault left that explains it, never will. */
const startsMax = 40;
/** Longer than a disk here takes for anything. */
const stillMs = 500;

interface Process {
  readonly clock: ProcessClock;
  readonly killed: PromiseWithResolvers<void>;
}

/**
 * The broker of a simulation: the real one, in processes that die and are followed by others on the same disk.
 *
 * Invariants
 * - At most one process lives. A dead one's clock, network and disk are dead with it.
 * - Every death is followed by a start; `isUp` is true between a start and the next death.
 */
export class SimulatedBroker {
  readonly #world: World;
  disk: FaultyFileSystem;
  crashes = 0;
  images = 0;
  /** A clock that somebody has set wrong: the machine's, so a restart does not help. */
  wallAheadMs = 0;
  #process: Process | null = null;
  #broker: Broker | null = null;
  #isInstant = false;
  #starting: Promise<void> = Promise.resolve();

  constructor(world: World) {
    this.#world = world;
    const random = world.random.fork();
    const latency = world.random.fork();
    this.disk = new FaultyFileSystem({
      random: world.random.fork(),
      clock: world.clock,
      capacityBytes: roomyDiskBytes,
      sectorBytes: random.pick([512, 512, 4_096]),
      latency: async () => {
        if (!this.#isInstant) await world.sleep(latency.next() * world.plan.diskDelayMsMax);
      },
    });
  }

  get isUp(): boolean {
    return this.#broker !== null;
  }

  /** Resolves when the broker serves, or the run is lost. */
  started(): Promise<void> {
    return this.#starting;
  }

  start(): Promise<void> {
    this.#starting = this.#startSoon();
    return this.#starting;
  }

  /** The process dies, or the machine loses power; a new process is started a little later. */
  async crash(kind: 'kill' | 'power', loss: CrashLoss = 'some'): Promise<void> {
    const dead = this.#process;
    if (dead === null) return;
    this.#process = null;
    this.#broker = null;
    this.crashes += 1;
    this.#world.trace.add(kind === 'kill' ? 'CRASH the process is killed' : `CRASH power cut, ${loss} lost`);
    dead.clock.kill();
    dead.killed.resolve();
    this.#excuseMembers();
    this.#world.network.kill(dead, { isTold: kind === 'kill' || this.#world.random.chance(0.5) });
    if (kind === 'kill') this.disk = this.disk.killProcess();
    else this.disk = await this.#cutPower(loss);
    await this.start();
  }

  /** It will crash when it comes to that point. */
  crashAt(
    { steps, operation, inPath }: { steps: number; operation: DiskOperation | null; inPath?: string | undefined },
    { kind, loss }: { kind: 'kill' | 'power'; loss: CrashLoss },
  ): void {
    const { disk } = this;
    disk.stopAfter(steps, { operation, inPath });
    void disk.stopped.then(() => (this.disk === disk ? this.crash(kind, loss) : undefined));
  }

  /**
   * An orderly stop, which something on the disk may spoil. Whatever comes of it, nothing is written once it is over.
   */
  async close(): Promise<void> {
    const broker = this.#broker;
    // One that fails now is not followed by another before it has stopped.
    this.#broker = null;
    try {
      await broker?.close({ timeoutMs: 1_000 });
      this.#world.trace.add('the broker has stopped');
    } catch (error) {
      this.#world.trace.add(`the broker has stopped with an error: ${String(error)}`);
    }
    const { steps } = this.disk;
    await this.#world.sleep(stillMs);
    if (this.disk.steps !== steps) this.#world.problem('a broker that has stopped still writes');
    this.disk.faults.clear();
    this.#process?.clock.kill();
    if (this.#process !== null) this.#world.network.kill(this.#process, { isTold: true });
    this.#process = null;
    this.disk = this.disk.killProcess();
  }

  async #cutPower(loss: CrashLoss): Promise<FaultyFileSystem> {
    this.#isInstant = true;
    for (let image = 0; image < this.#world.plan.imagesPerCrash; image += 1) {
      const disk = await this.disk.crash(this.#world.random.pick(['some', 'some', 'all', 'none'] as const));
      await checkImage(this.#world, disk).catch((error: unknown) =>
        this.#world.problem(`in an image of a power cut: ${String(error)}`),
      );
      this.images += 1;
    }
    const next = await this.disk.crash(loss);
    this.images += 1;
    this.#isInstant = false;
    return next;
  }

  async #startSoon(): Promise<void> {
    for (let tries = 1; tries <= startsMax; tries += 1) {
      await this.#world.sleep(this.#world.random.next() * restartDelayMsMax);
      const process: Process = {
        clock: new ProcessClock(this.#world.clock, () => this.wallAheadMs),
        killed: Promise.withResolvers<void>(),
      };
      this.#process = process;
      const error = await Promise.race([this.#startIn(process), process.killed.promise.then(() => 'killed' as const)]);
      // Whoever killed it starts the next one.
      if (error === null || error === 'killed') return;
      this.#world.trace.add(`the broker did not start: ${error.message}`);
      // A full disk is no reason.
      if (this.#world.plan.diskFaults === 0) return this.#world.problem(`the broker does not start: ${error.message}`);
      process.clock.kill();
      this.#world.network.kill(process, { isTold: true });
      this.disk = this.disk.killProcess();
    }
    this.#world.problem('the broker does not start');
  }

  async #startIn(process: Process): Promise<Error | null> {
    const world = this.#world;
    try {
      this.#broker = await startBroker({
        host: 'broker',
        insecure: true,
        port: 7420,
        admin: false,
        dataDir: '/data',
        fileSystem: this.disk,
        clock: process.clock,
        random: world.random.fork(),
        network: world.network.forBroker(process),
        doors: [kafkaDoor(kafkaAddress)],
        limits: {
          maintenanceIntervalMs: world.plan.maintenanceIntervalMs,
          idleTimeoutMs: 60_000,
          groupInitialDelayMs: 0,
          reopenPauseMsMin: reopenPauseMs,
          reopenPauseMsMax: 2 * reopenPauseMs,
        },
        storageLimits: world.plan.storageLimits,
        logger: this.#logger(process),
        onFatal: () => this.#failed(process),
      });
      world.trace.add('the broker is up');
      if (this.crashes > 0) scheduleRelapse(world, this);
      return null;
    } catch (error) {
      return error as Error;
    }
  }

  /** A broker that cannot make data durable any more ends, as its program does. */
  #failed(process: Process): void {
    this.#world.trace.add('the broker has failed');
    this.#world.clock.schedule(1, () => {
      if (this.#process === process && this.#broker !== null)
        void this.crash(this.#world.random.chance(0.5) ? 'kill' : 'power');
    });
  }

  /**
   * Who was put out for its slowness hears of it with its next heartbeat, or is without an answer until its session is
   * over.
   */
  #wasPutOut({ memberId, reason }: { memberId: string; reason: string }): void {
    const { history, clock } = this.#world;
    if (reason === 'rebalance') history.ownerships.excuse(memberId, clock.monotonic() + groupSessionMs);
  }

  /** Whom the dead process had put out, and did not come to say so, nobody knows. */
  #excuseMembers(): void {
    const { history, clock, plan } = this.#world;
    if (plan.rebalanceTimeoutMs > plan.faultsMs) return;
    for (const memberId of history.ownerships.owners())
      history.ownerships.excuse(memberId, clock.monotonic() + groupSessionMs);
  }

  #logger(process: Process): BrokerLogger {
    const line =
      (level: string) =>
      (fields: object, message: string): void => {
        if (process.clock.isDead) return;
        const { err, error, ...rest } = fields as { err?: Error; error?: Error };
        const reason = err ?? error;
        if (message === 'a member was put out of its group')
          this.#wasPutOut(rest as { memberId: string; reason: string });
        this.#world.trace.add(
          `broker ${level}: ${message} ${JSON.stringify(rest)}${reason === undefined ? '' : ` ${reason.message}`}`,
        );
      };
    return { debug: () => undefined, info: line('info'), warn: line('warn'), error: line('error') };
  }
}
