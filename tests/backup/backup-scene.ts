import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@q/client';
import type { GroupConsumer, Q } from '@q/client';
import { BrokerProcess } from '@q/testkit';
import { onTestFinished } from 'vitest';

const main = (path: string): string => fileURLToPath(new URL(`../../apps/${path}/src/main.ts`, import.meta.url));

export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'q-backup-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export async function startOn(dataDir: string, ...args: string[]): Promise<BrokerProcess> {
  const broker = await BrokerProcess.start({
    main: main('broker'),
    args: ['--data-dir', dataDir, '--no-kafka', ...args],
  });
  onTestFinished(async () => void (await broker.kill()));
  return broker;
}

export async function clientOf(broker: BrokerProcess): Promise<Q> {
  const q = await connect(broker.url);
  onTestFinished(async () => void (await q.close()));
  return q;
}

/** `q` in a process of its own, and what becomes of it. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: Buffer; readonly stderr: string }>;
}

export function startQ(args: readonly string[], input?: Buffer): Started {
  const child = spawn(process.execPath, ['--conditions=@q/source', main('cli'), ...args], { stdio: 'pipe' });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stdout: Buffer.concat(stdout),
    stderr,
  }));
  return { child, ended };
}

export async function runQ(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await startQ(args).ended;
  return { code, stdout: stdout.toString(), stderr };
}

/** Every record of a topic: `partition/offset` and its value. */
export async function recordsOf(client: Q, topic: string): Promise<Map<string, string>> {
  const { partitions } = await client.admin.describeTopic(topic);
  const left = new Map(partitions.map(({ partition, highWatermark }) => [partition, highWatermark]));
  const found = new Map<string, string>();
  for (const { partition, logStartOffset, highWatermark } of partitions)
    if (logStartOffset === highWatermark) left.delete(partition);
  if (left.size === 0) return found;
  await using consumer = client.consumer(topic, { from: 'earliest' });
  for await (const { partition, offset, value } of consumer) {
    found.set(`${partition}/${offset}`, Buffer.from(value ?? new Uint8Array()).toString());
    if (offset + 1 >= (left.get(partition) ?? 0)) left.delete(partition);
    if (left.size === 0) return found;
  }
  return found;
}

/** Records that were acknowledged, by `partition/offset`, while `work` runs. */
export class Load {
  readonly acknowledged = new Map<string, string>();
  #isOver = false;
  readonly #done: Promise<void>;

  constructor(client: Q, topic: string) {
    this.#done = this.#run(client, topic);
  }

  async #run(client: Q, topic: string): Promise<void> {
    const producer = client.producer({ compression: 'lz4', deliveryTimeoutMs: 2_000 });
    const one = async (value: string): Promise<void> => {
      const { partition, offset } = await producer.send(topic, { value });
      this.acknowledged.set(`${partition}/${offset}`, value);
    };
    for (let round = 0; !this.#isOver; round += 1) {
      const wave = Array.from({ length: 200 }, (_, index) => one(`${round}-${index}-${'x'.repeat(400)}`));
      // A broker that is killed acknowledges no more.
      if ((await Promise.allSettled(wave)).some(({ status }) => status === 'rejected')) return;
    }
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }
}

/** A member of a group that handles what comes at once, and commits it often. */
export class Following {
  readonly #consumer: GroupConsumer;
  readonly #done: Promise<void>;

  constructor(client: Q, topic: string) {
    this.#consumer = client.consumer(topic, { group: 'following', from: 'earliest', autoCommit: { intervalMs: 20 } });
    this.#done = this.#run();
  }

  async #run(): Promise<void> {
    for await (const message of this.#consumer) message.ack();
  }

  async end(): Promise<void> {
    await this.#consumer.close();
    await this.#done;
  }
}
