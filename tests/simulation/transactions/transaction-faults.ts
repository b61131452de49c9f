import { isAnswer, simulatedCaller } from './transaction-broker.ts';
import type { TransactionBroker } from './transaction-broker.ts';
import type { TransactionWorld } from './transaction-world.ts';

const roomyDiskBytes = 1 << 30;
const losses = ['some', 'some', 'all', 'none'] as const;
const stepsMax = 200;

/** Plans everything that goes wrong, at moments of chance, before the run begins. */
export function scheduleTransactionFaults(world: TransactionWorld, broker: TransactionBroker): void {
  const { plan, clock } = world;
  const random = world.random.fork();
  const sometime = (run: () => void): void => {
    clock.schedule(random.next() * plan.faultsMs, () => (world.isHealed ? undefined : run()));
  };
  for (let crash = 0; crash < plan.crashes; crash += 1) {
    const kind = random.chance(plan.powerCutShare) ? 'power' : 'kill';
    const loss = random.pick(losses);
    const steps = random.below(stepsMax);
    const isClean = random.chance(0.15);
    sometime(() => {
      if (!broker.isUp) return;
      if (isClean) void broker.restart();
      else broker.crashAt(steps, { kind, loss });
    });
  }
  for (let fault = 0; fault < plan.diskFaults; fault += 1) {
    const operation = random.pick(['write', 'datasync', 'datasync', 'create', 'rename'] as const);
    const after = random.below(10);
    sometime(() => {
      world.trace.add(`the disk will fail a ${operation}`);
      broker.disk.fail({ operation, code: random.pick(['EIO', 'ENOSPC'] as const), after });
    });
  }
  for (let full = 0; full < plan.fullDisks; full += 1) {
    const fullMs = random.next() * 600;
    sometime(() => {
      world.trace.add('the disk is full');
      broker.disk.capacityBytes = broker.disk.usedBytes + random.below(500);
      clock.schedule(fullMs, () => (broker.disk.capacityBytes = roomyDiskBytes));
    });
  }
  for (let abort = 0; abort < plan.operatorAborts; abort += 1)
    sometime(() => void operatorAborts(world, broker, `id-${random.below(plan.ids)}`));
  if (plan.deletesTopic) sometime(() => void deleteTopic(world, broker));
}

async function operatorAborts(world: TransactionWorld, broker: TransactionBroker, id: string): Promise<void> {
  world.trace.add(`an operator aborts ${id}`);
  try {
    await broker.ask(({ transactions }) => transactions.abort({ transactionalId: id }, simulatedCaller));
  } catch (error) {
    if (!isAnswer(error)) throw error;
  }
}

async function deleteTopic(world: TransactionWorld, broker: TransactionBroker): Promise<void> {
  world.trace.add('doomed is deleted');
  try {
    await broker.ask(({ topicChanges }) => topicChanges.delete('doomed', simulatedCaller));
  } catch (error) {
    if (!isAnswer(error)) throw error;
  }
}

export function healTransactions(broker: TransactionBroker): void {
  broker.disk.faults.clear();
  broker.disk.stopAfter(Number.POSITIVE_INFINITY);
  broker.disk.capacityBytes = roomyDiskBytes;
}
