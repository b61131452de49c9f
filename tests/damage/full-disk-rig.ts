import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '@q/client';
import { encodeBatch, errorCode } from '@q/protocol';
import { BrokerProcess } from '@q/testkit';
import type { RigReport } from '@q/testkit';
import { RigRun } from '../rig-run.ts';
import { WireConnection } from '../wire-connection.ts';
import type { WirePartition } from '../wire-connection.ts';

const MiB = 1 << 20;
const brokerMain = fileURLToPath(new URL('../../apps/broker/src/main.ts', import.meta.url));
/** More than the broker keeps in reserve, so that it starts; the ballast then takes all but a little. */
const diskBytes = 120 * MiB;
const roomBytes = 3 * MiB;
const recordsPerBatch = 3;
const recordBytes = 20 << 10;
const resumeMsMax = 30_000;
/** So rare that the broker does not see the disk fill up, and runs into the wall. */
const brokerArgs = ['--limit', 'maintenanceIntervalMs=600000'];

/** A small file system in memory, mounted; null, with the reason, where that is not allowed. */
export async function mountSmallDisk(): Promise<{ path: string; unmount: () => Promise<void> } | { reason: string }> {
  if (process.getuid?.() !== 0) return { reason: 'a tmpfs can be mounted by root only' };
  const path = await mkdtemp(join(tmpdir(), 'q-full-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', path], { encoding: 'utf8' });
  if (mounted.status !== 0) {
    await rm(path, { recursive: true, force: true });
    return { reason: `a tmpfs cannot be mounted here: ${mounted.stderr ?? mounted.error?.message}` };
  }
  const letGo = (): void => void spawnSync('umount', ['-l', path]);
  // A process that is ended early must not leave it behind.
  process.once('exit', letGo);
  const unmount = async (): Promise<void> => {
    letGo();
    process.removeListener('exit', letGo);
    await rm(path, { recursive: true, force: true });
  };
  return { path, unmount };
}

/**
 * Fills the disk again and again under a broker in its own process; each time, room is made and it must go on by
 * itself.
 */
export async function run({ count, path }: { count: number; path: string }): Promise<RigReport> {
  const rig = new RigRun('full-disk', 0);
  const dataDir = join(path, 'data');
  const life = new FullDiskLife(rig, join(path, 'ballast'), count);
  for (let round = 0; round < count; round += 1) {
    await using broker = await BrokerProcess.start({ main: brokerMain, args: ['--data-dir', dataDir, ...brokerArgs] });
    await life.fillAndMakeRoom(broker);
    rig.ran('disks filled');
    // SIGKILL: what the next one finds is what was written.
    await broker.kill();
  }
  await using last = await BrokerProcess.start({ main: brokerMain, args: ['--data-dir', dataDir, ...brokerArgs] });
  await life.compare(last, 'after the last kill');
  return rig.report();
}

class FullDiskLife {
  readonly #rig: RigRun;
  readonly #ballast: string;
  readonly #count: number;
  readonly #acknowledged = new Set<number>();
  #to: WirePartition | null = null;
  #batches = 0;

  constructor(rig: RigRun, ballast: string, count: number) {
    this.#rig = rig;
    this.#ballast = ballast;
    this.#count = count;
  }

  async fillAndMakeRoom(broker: BrokerProcess): Promise<void> {
    await using wire = await WireConnection.open(broker.url);
    this.#to ??= await wire.createTopic('full');
    await this.compare(broker, 'after a restart');
    await writeFile(
      this.#ballast,
      Buffer.alloc(diskBytes - roomBytes - this.#batches * recordsPerBatch * recordBytes, 1),
    );
    let refusal = 0;
    for (let tries = 0; refusal === 0 && tries < 1_000; tries += 1) refusal = await this.#produce(wire);
    if (refusal !== errorCode('STORAGE_FULL')) this.#fail(`a full disk is answered with ${refusal}`);
    await this.compare(broker, 'while the disk is full');
    if (!(await isTold(broker, 'disk.full'))) this.#fail('nobody is told of a full disk');
    if ((await this.#produce(wire)) === 0) this.#rig.count('smaller remainders that still fitted');
    // Room again, and nobody tells the broker.
    await truncate(this.#ballast, 0);
    const startedAt = performance.now();
    while ((await this.#produce(wire)) !== 0) {
      if (performance.now() - startedAt > resumeMsMax)
        return this.#fail(`nothing is taken ${resumeMsMax} ms after there was room again`);
      await pause(100);
    }
    this.#rig.note('resumed after ms', Math.round(performance.now() - startedAt));
    await this.compare(broker, 'after there was room again');
  }

  /** Everything acknowledged is there once and in order, every batch wholly or not at all. */
  async compare(broker: BrokerProcess, when: string): Promise<void> {
    await using q = await connect(broker.url);
    const found = new Map<number, number>();
    let last = -1;
    for await (const { value } of q.consumer('full', { from: 'earliest', stopAtEnd: true })) {
      const batch = Number.parseInt(value!.toString('latin1'), 10);
      if (batch < last) this.#fail(`${when}: batch ${batch} comes behind ${last}`);
      last = batch;
      found.set(batch, (found.get(batch) ?? 0) + 1);
    }
    for (const batch of this.#acknowledged)
      if (!found.has(batch)) this.#fail(`${when}: batch ${batch} was acknowledged and is not there`);
    for (const [batch, records] of found)
      if (records !== recordsPerBatch) this.#fail(`${when}: ${records} records of batch ${batch} are there`);
  }

  async #produce(wire: WireConnection): Promise<number> {
    const batch = this.#batches++;
    const records = Array.from({ length: recordsPerBatch }, () => ({ value: Buffer.alloc(recordBytes, `${batch} `) }));
    const { errorCode: code } = await wire.produce(this.#to!, encodeBatch(records));
    if (code === 0) this.#acknowledged.add(batch);
    return code;
  }

  #fail(message: string): void {
    this.#rig.fail(message, `--count ${this.#count}`);
  }
}

/** Within a few of the broker's looks at its health. */
async function isTold({ adminUrl }: BrokerProcess, alert: string): Promise<boolean> {
  for (let tries = 0; tries < 50; tries += 1) {
    const { alerts } = (await (await fetch(`${adminUrl}/api/v1/alerts`)).json()) as { alerts: { name: string }[] };
    if (alerts.some(({ name }) => name === alert)) return true;
    await pause(100);
  }
  return false;
}
