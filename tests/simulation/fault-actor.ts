import { seededRandom } from '@q/testkit';
import type { SimulatedBroker } from './simulated-broker.ts';
import { roomyDiskBytes } from './world.ts';
import type { World } from './world.ts';

const diskErrors = ['EIO', 'EIO', 'ENOSPC'] as const;
const diskOperations = [
  'write',
  'write',
  'datasync',
  'datasync',
  'create',
  'rename',
  'syncDirectory',
  'truncate',
  'removeFile',
] as const;
/** A crash comes at a moment, or at the n-th step on the disk from a moment on. */
const stepsMax = 30;
const relapseMsMax = 200;
const relapseStepsMax = 8;

const clockStepMs = 365 * 86_400_000;
const clockHeldMsMax = 3_000;

const dataFolder = /^\/data$/;

/** Plans the crashes and the failures of the disk, at moments of chance, before the run begins. */
export function scheduleFaults(world: World, broker: SimulatedBroker): void {
  const { plan, clock } = world;
  const random = world.random.fork();
  world.network.weather = plan.weather;
  for (let crash = 0; crash < plan.crashes; crash += 1) {
    const kind = random.chance(plan.powerCutShare) ? 'power' : 'kill';
    const loss = random.pick(['some', 'some', 'all', 'none'] as const);
    const { operation, inPath } = random.pick(plan.crashPoints);
    const steps = random.below(operation === null ? stepsMax : 5);
    const isNow = random.chance(0.1);
    clock.schedule(random.next() * plan.faultsMs, () => {
      if (world.isHealed || !broker.isUp) return;
      if (isNow) return void broker.crash(kind, loss);
      broker.crashAt({ steps, operation, inPath }, { kind, loss });
    });
  }
  for (let fault = 0; fault < plan.diskFaults; fault += 1) {
    const operation = random.pick(diskOperations);
    const code = random.pick(diskErrors);
    const after = random.below(5);
    const isOfFolder = plan.isFolderBad && random.chance(0.5);
    clock.schedule(random.next() * plan.faultsMs, () => {
      if (world.isHealed) return;
      world.trace.add(`the disk will fail a ${operation} with ${code}`);
      if (isOfFolder) broker.disk.fail({ operation: 'syncDirectory', code, path: dataFolder });
      else broker.disk.fail({ operation, code, after });
    });
  }
  scheduleClockSteps(world, broker);
  for (let full = 0; full < plan.fullDisks; full += 1) {
    const fullMs = random.next() * 2_000;
    const leftBytes = random.pick([0, random.below(2_000)]);
    // Then the next start finds the disk full.
    const crashes = random.chance(0.5)
      ? { afterMs: random.next() * fullMs, kind: random.pick(['kill', 'power'] as const) }
      : null;
    clock.schedule(random.next() * plan.faultsMs, () => {
      fillDisk(world, broker, { fullMs, leftBytes });
      if (crashes !== null)
        clock.schedule(crashes.afterMs, () =>
          world.isHealed || !broker.isUp ? undefined : void broker.crash(crashes.kind),
        );
    });
  }
}

/** The wall clock of the broker's machine is a year ahead for a moment. */
function scheduleClockSteps(world: World, broker: SimulatedBroker): void {
  const { plan, clock } = world;
  // A stream of its own: what else is drawn from a seed stays as it was.
  const random = seededRandom(plan.seed ^ 0xc10c);
  const steps = random.pick([0, 0, 2]);
  for (let step = 0; step < steps; step += 1) {
    const aheadMs = random.pick([clockStepMs, clockStepMs, -clockStepMs]);
    const heldMs = random.next() * clockHeldMsMax;
    clock.schedule(random.next() * plan.faultsMs, () => {
      world.trace.add(`the clock of the broker is set by ${aheadMs} ms`);
      broker.wallAheadMs = aheadMs;
      clock.schedule(heldMs, () => (broker.wallAheadMs = 0));
    });
  }
}

/** Not long after a start the next crash comes, if the plan wants it. */
export function scheduleRelapse(world: World, broker: SimulatedBroker): void {
  const { plan, random, clock } = world;
  if (world.isHealed || !random.chance(plan.relapses)) return;
  const kind = random.chance(plan.powerCutShare) ? 'power' : 'kill';
  const loss = random.pick(['some', 'some', 'all', 'none'] as const);
  const point = { ...random.pick(plan.crashPoints), steps: random.below(relapseStepsMax) };
  clock.schedule(random.next() * relapseMsMax, () => {
    if (!world.isHealed && broker.isUp) broker.crashAt(point, { kind, loss });
  });
}

/** Something fails while the broker stops. */
export function spoilStop({ random, trace }: World, { disk }: SimulatedBroker): void {
  const operation = random.pick(diskOperations);
  const code = random.pick(diskErrors);
  trace.add(`the stop will be spoilt: a ${operation} fails with ${code}`);
  disk.fail({ operation, code, after: random.below(8) });
}

function fillDisk(
  world: World,
  broker: SimulatedBroker,
  { fullMs, leftBytes }: { fullMs: number; leftBytes: number },
): void {
  if (world.isHealed) return;
  world.trace.add(`the disk has ${leftBytes} bytes left`);
  broker.disk.capacityBytes = broker.disk.usedBytes + leftBytes;
  world.clock.schedule(fullMs, () => (broker.disk.capacityBytes = roomyDiskBytes));
}
