import { deepStrictEqual, rejects } from 'node:assert';
import { ClientError } from '../client-program.ts';
import type { ClientProgram, Running } from '../client-program.ts';
import { section } from '../feature.ts';
import type { Feature } from '../feature.ts';
import { plainText, someRecords } from '../records.ts';
import type { ResultOf, TransferArgs } from '../operations.ts';
import type { Stage } from '../stage.ts';

const partitions = 2;
const perPartition = 50;
/** As short as brokers allow by default. */
const sessionTimeoutMs = 6000;

type Copying = Running<ResultOf<'transfer'>>;

/** Records to copy, where to, and in which group. */
async function newTransfer(stage: Stage): Promise<TransferArgs> {
  const topic = await stage.topic({ partitions });
  for (let partition = 0; partition < partitions; partition += 1)
    await stage.store(topic, someRecords(perPartition, { partition }));
  const names = { topic, to: await stage.topic({ partitions }), group: stage.name('group') };
  const transactionalId = stage.name('transaction');
  return { ...names, transactionalId, sessionTimeoutMs, recordsMax: 10, pauseMs: 0, asMember: false };
}

const countOf = ({ events }: Copying, name: string): number =>
  events.reduce((count, event) => (event.name === name ? (event.data['count'] as number) : count), 0);

async function untilAll(copying: Copying, stage: Stage, { group, topic }: TransferArgs): Promise<void> {
  const isAll = async (): Promise<boolean> => {
    const { offsets } = await stage.client.ask('committed', { group, topic });
    return Object.values(offsets).reduce((sum, offset) => sum + offset, 0) >= partitions * perPartition;
  };
  let seen = -1;
  for (;;) {
    await copying.until('another transaction', () => countOf(copying, 'transferred') > seen, 60_000);
    seen = countOf(copying, 'transferred');
    if (await isAll()) return;
  }
}

/** Each record is there once, and in its order. */
async function expectOnce(stage: Stage, { topic, to }: TransferArgs): Promise<void> {
  const texts = async (name: string): Promise<string[]> =>
    (await stage.stored(name)).map((record) => `${record.partition}: ${plainText(record).replace(/ a.*/, '')}`);
  deepStrictEqual(await texts(to), await texts(topic));
}

/** The next one has the same transactional id: what the killed one has left open is aborted by that. */
async function killed(stage: Stage): Promise<void> {
  const args = await newTransfer(stage);
  const first = stage.program();
  const copying = first.begin('transfer', { ...args, recordsMax: 5 });
  await copying.until('some transactions', () => countOf(copying, 'transferred') >= 20);
  await copying.until('one more', () => countOf(copying, 'sent') > countOf(copying, 'transferred'));
  await first.kill();
  const again = stage.program().begin('transfer', args);
  await untilAll(again, stage, args);
  await expectOnce(stage, args);
}

/** It hears of it at the latest when it ends its transaction, and nothing of that is seen. */
async function fenced(stage: Stage): Promise<void> {
  const args = await newTransfer(stage);
  const copying = stage.program().begin('transfer', { ...args, pauseMs: 1_000 });
  await copying.until('a transaction', () => countOf(copying, 'sent') > 0);
  const records = someRecords(3, { name: 'second' });
  const { to: topic, transactionalId } = args;
  await stage.client.ask('produce', { topic, codec: 'none', acks: -1, isIdempotent: true, transactionalId, records });
  await rejects(
    copying.until('its end', () => false),
    (error) => error instanceof ClientError,
  );
  const seen = (await stage.stored(topic)).map((record) => plainText(record));
  deepStrictEqual(
    seen,
    records.map((record) => plainText(record)),
  );
}

/** Stands still in a transaction until its group goes on without it, under another transactional id. */
async function putOut(stage: Stage): Promise<void> {
  const args = await newTransfer(stage);
  const first: ClientProgram = stage.program();
  const copying = first.begin('transfer', { ...args, asMember: true, pauseMs: 300 });
  await copying.until('a transaction', () => countOf(copying, 'sent') > countOf(copying, 'transferred'));
  first.pause();
  const second = stage.program().begin('transfer', { ...args, transactionalId: stage.name('transaction') });
  await untilAll(second, stage, args);
  first.resume();
  await rejects(copying.until('its end', () => false));
  await expectOnce(stage, args);
}

export const transfers: readonly Feature[] = section('Transactions', {
  'consume, process, produce: each once, also where it is killed and comes again': { run: killed, isLong: true },
  'a second instance under the same id fences the first': fenced,
  'a member that its group went on without commits nothing': { run: putOut, isLong: true },
});
