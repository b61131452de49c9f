/**
 * What hangs in a partition is hard to come by here, as the broker ends it by itself: so the parts around are played.
 */
import type { Transaction } from '@q/coordinator';
import { stepTransaction } from '@q/coordinator';
import { describe, expect, it } from 'vitest';
import { PartitionAbort } from '../../../src/services/transactions/partition-abort.ts';
import type { PartitionAbortOptions } from '../../../src/services/transactions/partition-abort.ts';
import { FakeCaller } from '../../fakes/fake-caller.ts';
import { errorOf } from '../../harness.ts';

const place = { topic: 'orders', partition: 0 };
const partitions = new Map([['t', [0]]]);
const context = { nowMs: 0, wallMs: 0, freshProducerId: 7, timeoutMsMax: 60_000, expiryMs: 60_000 };

/** Under one transactional id, after these commands. The first is always that producer 7 begins in epoch 0. */
function after(...commands: readonly Parameters<typeof stepTransaction>[1][]): Transaction {
  const init = { kind: 'init', transactionalId: 'billing-1', timeoutMs: 60_000, expected: null } as const;
  let transaction: Transaction | null = null;
  for (const command of [init, ...commands]) ({ transaction } = stepTransaction(transaction, command, context));
  return transaction!;
}

const join = (producerEpoch: number) =>
  ({ kind: 'join', producer: { producerId: 7, producerEpoch }, partitions }) as const;
const end = (producerEpoch: number, outcome: 'commit' | 'abort') =>
  ({ kind: 'end', producer: { producerId: 7, producerEpoch }, outcome, raises: true }) as const;

/** What is done about a transaction that is open in the partition in this epoch. */
async function abort(
  transaction: Transaction | null,
  { openEpoch, named = openEpoch }: { openEpoch: number; named?: number },
) {
  const done: string[] = [];
  let newest = transaction;
  let open: { producerId: number; producerEpoch: number; firstOffset: number } | null = {
    producerId: 7,
    producerEpoch: openEpoch,
    firstOffset: 3,
  };
  const partition = { index: 0, requireLog: () => ({ openTransactionOf: () => open }) };
  const fakes = {
    registry: { byName: () => ({ name: 'orders', partitions: [partition] }) },
    directory: {
      findByProducer: () =>
        transaction === null
          ? null
          : {
              get newest() {
                return newest;
              },
            },
    },
    endHere: async () => void done.push('ends it here'),
    abortAll: async () => void done.push('aborts all'),
    untilTold: async () => {
      done.push('waits');
      newest = stepTransaction(newest, { kind: 'told' }, context).transaction;
      open = null;
    },
  };
  const hanging = { ...place, producerId: 7, producerEpoch: named };
  await new PartitionAbort(fakes as unknown as PartitionAbortOptions).abort(hanging, new FakeCaller());
  return done;
}

describe('X3 what hangs in a partition', () => {
  it('X3 ends where its coordinator knows nothing of it', async () => {
    expect(await abort(null, { openEpoch: 0 })).toEqual(['ends it here']);
  });

  it('X3 ends alone where it is of a transaction before the present one', async () => {
    const later = after(join(0), end(0, 'abort'), { kind: 'told' }, join(1));
    expect(await abort(later, { openEpoch: 0 })).toEqual(['ends it here']);
  });

  it('X3 ends with all of its transaction where that is open', async () => {
    expect(await abort(after(join(0)), { openEpoch: 0 })).toEqual(['aborts all']);
  });

  it('X3 stays as it is where it is decided that it commits, be it told already or not', async () => {
    const decided = after(join(0), end(0, 'commit'));
    const told = after(join(0), end(0, 'commit'), { kind: 'told' });
    for (const each of [decided, told])
      expect((await errorOf(abort(each, { openEpoch: 0 }))).code).toBe('INVALID_TRANSACTION_STATE');
  });

  it('X3 is waited for where it is decided that it aborts', async () => {
    expect(await abort(after(join(0), end(0, 'abort')), { openEpoch: 0 })).toEqual(['waits']);
  });

  it('X3 is not ended by the name of another epoch, above or below', async () => {
    for (const named of [0, 2])
      expect((await errorOf(abort(null, { openEpoch: 1, named }))).code).toBe('STALE_PRODUCER_EPOCH');
  });
});
