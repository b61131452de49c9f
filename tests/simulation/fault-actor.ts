import type { SimulatedBroker } from './simulated-broker.ts';
import type { World } from './world.ts';

const diskErrors = ['EIO', 'EIO', 'ENOSPC'] as const;
const diskOperations = ['write', 'write', 'datasync', 'datasync', 'create', 'rename', 'syncDirectory', 'truncate', 'removeFile'] as const;
/** A crash comes at a moment, or at the n-th step on the disk from a moment on, often before a sync: much is unsynced then. */
const stepsMax = 30;
const stops = [null, 'datasync', 'datasync', 'syncDirectory', 'rename'] as const;

/** Plans the crashes and the failures of the disk, at moments of chance, before the run begins. */
export function scheduleFaults(world: World, broker: SimulatedBroker): void {
  const { plan, clock } = world;
  const random = world.random.fork();
  world.network.weather = plan.weather;
  for (let crash = 0; crash < plan.crashes; crash += 1) {
    const kind = random.chance(plan.powerCutShare) ? 'power' : 'kill';
    const loss = random.pick(['some', 'some', 'all', 'none'] as const);
    const operation = random.pick(stops);
    const steps = random.below(operation === null ? stepsMax : 5);
    const isNow = random.chance(0.1);
    clock.schedule(random.next() * plan.faultsMs, () => {
      if (world.isHealed || !broker.isUp) return;
      if (isNow) return void broker.crash(kind, loss);
      const { disk } = broker;
      disk.stopAfter(steps, operation);
      void disk.stopped.then(() => (broker.disk === disk ? broker.crash(kind, loss) : undefined));
    });
  }
  for (let fault = 0; fault < plan.diskFaults; fault += 1) {
    const operation = random.pick(diskOperations);
    const code = random.pick(diskErrors);
    const after = random.below(5);
    clock.schedule(random.next() * plan.faultsMs, () => {
      if (world.isHealed) return;
      world.trace.add(`the disk will fail a ${operation} with ${code}`);
      broker.disk.fail({ operation, code, after });
    });
  }
  for (let full = 0; full < plan.fullDisks; full += 1) {
    const fullMs = random.next() * 2_000;
    const leftBytes = random.below(2_000);
    clock.schedule(random.next() * plan.faultsMs, () => fillDisk(world, broker, { fullMs, leftBytes }));
  }
}

function fillDisk(world: World, broker: SimulatedBroker, { fullMs, leftBytes }: { fullMs: number; leftBytes: number }): void {
  if (world.isHealed) return;
  world.trace.add(`the disk has ${leftBytes} bytes left`);
  broker.disk.capacityBytes = broker.disk.usedBytes + leftBytes;
  world.clock.schedule(fullMs, () => (broker.disk.capacityBytes = Number.POSITIVE_INFINITY));
}
