import { anonymous, startBroker } from '@q/broker';
import type { Broker, BrokerLogger, Caller, Services } from '@q/broker';
import { QError } from '@q/protocol';
import { StorageError } from '@q/storage';
import { FaultyFileSystem, ProcessClock } from '@q/testkit';
import type { CrashLoss } from '@q/testkit';
import type { TransactionWorld } from './transaction-world.ts';

const roomyDiskBytes = 1 << 30;
const restartDelayMsMax = 50;
const startsMax = 40;

/** The broker has died before it answered. */
export class BrokerGone extends Error {
  readonly code = 'GONE';
  readonly details: undefined;
}

/** What a service may answer instead; anything else is a mistake of it, or of the rig. */
export function isAnswer(error: unknown): error is BrokerGone | QError | StorageError {
  return error instanceof BrokerGone || QError.is(error) || StorageError.is(error);
}

interface Process {
  readonly clock: ProcessClock;
  readonly killed: PromiseWithResolvers<never>;
  broker: Broker | null;
  services: Services | null;
}

/** One that may do everything, and holds nothing. */
export const simulatedCaller: Caller = {
  principal: anonymous,
  address: '10.0.0.1',
  clientId: 'simulation',
  connectionId: 1,
  signal: { aborted: false, onAbort: () => () => undefined },
  budget: {
    holdFrame: () => () => undefined,
    holdOrder: () => () => undefined,
    park: () => () => undefined,
    reserveAnswer: (bytes) => bytes,
    keepAnswer: () => undefined,
    whenTaken: (release) => release(),
  },
};

/**
 * The broker's services, in processes that die and are followed by others on the same disk. No socket is between them
 * and their callers: an answer comes when the service gives it, or never.
 */
export class TransactionBroker {
  readonly #world: TransactionWorld;
  disk: FaultyFileSystem;
  crashes = 0;
  #process: Process | null = null;
  #up: PromiseWithResolvers<Process> = Promise.withResolvers();
  #isOpen = false;

  constructor(world: TransactionWorld) {
    this.#world = world;
    const latency = world.random.fork();
    const { diskDelayMsMax } = world.plan;
    this.disk = new FaultyFileSystem({
      random: world.random.fork(),
      clock: world.clock,
      capacityBytes: roomyDiskBytes,
      ...(diskDelayMsMax === 0 ? {} : { latency: () => world.sleep(latency.next() * diskDelayMsMax) }),
    });
  }

  get isUp(): boolean {
    return this.#isOpen;
  }

  /** Waits until there is a broker, and asks it. @throws BrokerGone when it dies before it answers */
  async ask<T>(question: (services: Services) => T | Promise<T>): Promise<T> {
    for (;;) {
      const { services, killed } = await this.#up.promise;
      // Null: it has died again before anybody could ask.
      if (services !== null) return await Promise.race([question(services), killed.promise]);
    }
  }

  async start(): Promise<void> {
    for (let tries = 0; tries < startsMax; tries += 1) {
      await this.#world.sleep(this.#world.random.next() * restartDelayMsMax);
      if (this.#process !== null) return;
      const process = this.#newProcess();
      this.#process = process;
      const error = await Promise.race([this.#startIn(process), process.killed.promise]).catch(
        (thrown: Error) => thrown,
      );
      // Whoever killed it starts the next one.
      if (error === null || error instanceof BrokerGone) return;
      this.#world.trace.add(`the broker did not start: ${error.stack}`);
      if (this.#world.plan.diskFaults + this.#world.plan.fullDisks === 0)
        return this.#world.problem(`the broker does not start: ${error.stack}`);
      process.clock.kill();
      this.#process = null;
      this.disk = this.disk.killProcess();
    }
    this.#world.problem('the broker does not start');
  }

  async crash(kind: 'kill' | 'power', loss: CrashLoss = 'some'): Promise<void> {
    const dead = this.#process;
    if (dead === null) return;
    this.#process = null;
    this.crashes += 1;
    this.#world.trace.add(kind === 'kill' ? 'CRASH killed' : `CRASH power cut, ${loss} lost`);
    this.#end(dead);
    this.disk = kind === 'kill' ? this.disk.killProcess() : await this.disk.crash(loss);
    await this.start();
  }

  /** It dies at so many operations of the disk from now. */
  crashAt(steps: number, o: { readonly kind: 'kill' | 'power'; readonly loss: CrashLoss }): void {
    const { disk } = this;
    disk.stopAfter(steps);
    void disk.stopped.then(() => (this.disk === disk ? this.crash(o.kind, o.loss) : undefined));
  }

  /** An orderly stop, and a start. */
  async restart(): Promise<void> {
    const process = this.#process;
    const broker = process?.broker ?? null;
    if (process === null || broker === null) return;
    this.#isDown();
    process.broker = null;
    await broker
      .close({ timeoutMs: 1_000 })
      .catch((error: unknown) => this.#world.trace.add(`close: ${String(error)}`));
    if (this.#process !== process) return;
    this.#process = null;
    this.#world.trace.add('the broker has stopped');
    this.#end(process);
    this.disk = this.disk.killProcess();
    await this.start();
  }

  #end(process: Process): void {
    if (process.services !== null) this.#isDown();
    process.services = null;
    process.clock.kill();
    process.killed.reject(new BrokerGone());
    this.#world.network.kill(process, { isTold: true });
  }

  /** Whoever asks from now on waits for the next one. */
  #isDown(): void {
    if (this.#isOpen) this.#up = Promise.withResolvers();
    this.#isOpen = false;
  }

  #newProcess(): Process {
    const killed = Promise.withResolvers<never>();
    killed.promise.catch(() => undefined);
    return { clock: new ProcessClock(this.#world.clock), killed, broker: null, services: null };
  }

  async #startIn(process: Process): Promise<Error | null> {
    const { network, random, plan, trace } = this.#world;
    let services: Services | null = null;
    const spy = {
      name: 'spy',
      port: 7421,
      open: (given: Services) => {
        services = given;
        return () => {
          throw new Error('nobody calls here');
        };
      },
    };
    try {
      process.broker = await startBroker({
        host: 'broker',
        insecure: true,
        port: 7420,
        admin: false,
        dataDir: '/data',
        fileSystem: this.disk,
        clock: process.clock,
        random: random.fork(),
        network: network.forBroker(process),
        doors: [spy],
        limits: {
          maintenanceIntervalMs: plan.maintenanceIntervalMs,
          reopenPauseMsMin: 100,
          reopenPauseMsMax: 200,
          transactionWaitMsMax: 1_000,
        },
        storageLimits: plan.storageLimits,
        logger: this.#logger(),
        onFatal: (error) => this.#failed(process, error),
      });
      process.services = services;
      trace.add('the broker is up');
      this.#isOpen = true;
      this.#up.resolve(process);
      return null;
    } catch (error) {
      return error as Error;
    }
  }

  /** Nothing that a service does may end in a fault that nobody foresaw. */
  #logger(): BrokerLogger {
    const note = (fields: object, text?: string): void => {
      const { event, err } = fields as { event?: string; err?: Error };
      this.#world.trace.add(`  ${event ?? ''}: ${text ?? ''} ${err?.message ?? ''}`);
      if (event === 'broker.unforeseen' || err instanceof TypeError || err instanceof RangeError)
        this.#world.problem(`unforeseen: ${err?.stack ?? text}`);
    };
    const nothing = (): void => undefined;
    return { debug: nothing, info: note, warn: note, error: note };
  }

  #failed(process: Process, error: Error): void {
    this.#world.trace.add(`the broker has failed: ${error.message}`);
    this.#world.clock.schedule(1, () => {
      if (this.#process === process) void this.crash(this.#world.random.chance(0.5) ? 'kill' : 'power');
    });
  }
}
