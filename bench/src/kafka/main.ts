import { describeMachine } from '../machine.ts';
import type { BenchOptions } from '../options.ts';
import { defaultPeersFolder, endServersWithThis } from '../peers/main.ts';
import { PeerMissing } from '../peers/peer.ts';
import { buildPrograms } from '../product/build.ts';
import { measureDoorCost } from './door-cost.ts';
import { measureIdle } from './idle.ts';
import { measureLatency } from './latency.ts';
import { kafkaProfiles } from './profile.ts';
import type { KafkaProfile } from './profile.ts';
import { formatKafka } from './report.ts';
import type { KafkaReport } from './report.ts';
import { installKafka, startSides } from './side.ts';
import type { KafkaNumbers } from './targets.ts';
import { measureThroughput } from './throughput.ts';
import { measureTwoDoors } from './two-doors.ts';

const parts = ['throughput', 'doors', 'latency', 'idle', 'doorCost'] as const;
type Part = (typeof parts)[number];

/** Measures the door for Kafka clients beside Kafka itself. */
export async function compareKafka(o: BenchOptions): Promise<{ report: KafkaReport; markdown: string }> {
  endServersWithThis();
  const named = kafkaProfiles[o.profile.name === 'quick' ? 'quick' : 'full'];
  const profile = { ...named, ...(o.roundsGiven !== null && { rounds: o.roundsGiven }) };
  await buildPrograms();
  const run = new KafkaRun(o, profile);
  await run.all();
  const machine = await describeMachine(o.directory);
  const report = { machine, profile, missing: run.missing, numbers: run.numbers, failures: run.failures };
  return { report, markdown: formatKafka(report) };
}

/** What was measured so far. One part that fails leaves the others as they are. */
class KafkaRun {
  readonly failures: string[] = [];
  missing: string | null = null;
  numbers: KafkaNumbers = { throughput: null, latency: null, doors: null, idle: null, doorCost: null };
  readonly #options: BenchOptions;
  readonly #profile: KafkaProfile;

  constructor(options: BenchOptions, profile: KafkaProfile) {
    this.#options = options;
    this.#profile = profile;
  }

  async all(): Promise<void> {
    const { directory, profile: benchProfile } = this.#options;
    const classPath = await this.#install();
    if (classPath !== null) await this.#besideKafka(classPath);
    // A start is measured with nothing beside it.
    await this.#measure('doorCost', () => measureDoorCost({ directory, profile: benchProfile }, this.#profile));
  }

  async #install(): Promise<string | null> {
    try {
      say('finds or fetches Kafka');
      return await installKafka(this.#options.peersFolder ?? defaultPeersFolder());
    } catch (error) {
      if (!(error instanceof PeerMissing)) throw error;
      this.missing = error.message;
      say(`Kafka is left out: ${error.message}`);
      return null;
    }
  }

  async #besideKafka(classPath: string): Promise<void> {
    await using stack = new AsyncDisposableStack();
    const sides = await startSides(stack, { classPath, directory: this.#options.directory });
    const how = { profile: this.#profile, onRun: say };
    const ours = sides.find(({ name }) => name === 'q')!;
    await this.#measure('throughput', () => measureThroughput(sides, how));
    await this.#measure('latency', () => measureLatency(sides, how));
    await this.#measure('doors', () => measureTwoDoors(ours, how));
    await this.#measure('idle', () => measureIdle(sides, how));
  }

  async #measure<P extends Part>(part: P, measure: () => Promise<KafkaNumbers[P]>): Promise<void> {
    const { only } = this.#options;
    if (only.length > 0 && !only.some((text) => part.toLowerCase().includes(text.toLowerCase()))) return;
    try {
      this.numbers = { ...this.numbers, [part]: await measure() };
    } catch (error) {
      const failure = `${part}: ${error instanceof Error ? error.message : String(error)}`;
      this.failures.push(failure);
      say(`FAILED ${failure}`);
    }
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
