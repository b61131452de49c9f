import { deepStrictEqual, match, rejects } from 'node:assert';
import type { Transaction } from '@q/client';
import { runTool } from './console-tools.ts';
import type { ToolRun } from './console-tools.ts';
import { section } from '../feature.ts';
import type { Feature } from '../feature.ts';
import type { Stage } from '../stage.ts';

type Tool = (args: readonly string[], how?: ToolRun) => Promise<string[][]>;

/** `kafka-transactions`: the lines of its tables, without the blanks that it fills them with. */
function transactionsTool(stage: Stage): Tool {
  return async (args, how) => {
    const output = await runTool(stage, 'TransactionsCommand', args, how);
    const lines = output.split('\n').filter((line) => line !== '');
    return lines.map((line) => line.split('\t').map((cell) => cell.trim())).map((cells) => cells.filter(Boolean));
  };
}

/** What the tool prints is that of Kafka 4.4.0, compared with a run of it against Kafka 4.4.0. */
async function shows(stage: Stage): Promise<void> {
  const tool = transactionsTool(stage);
  const topic = await stage.topic();
  const id = stage.name('transaction');
  const place = ['--topic', topic, '--partition', '0'];
  await using producer = (await stage.q).producer({ transactionalId: id, transactionTimeoutMs: 60_000 });
  await producer.transaction(async (tx) => {
    await tx.send(topic, { value: 'a' });
    const mine = (await tool(['list'])).filter(([name]) => name === id);
    deepStrictEqual(
      mine.map(([, coordinator, , state]) => [coordinator, state]),
      [['1', 'Ongoing']],
    );
    const producerId = mine[0]![2]!;
    const fitting = async (pattern: string): Promise<string[][]> =>
      (await tool(['list', '--transactional-id-pattern', pattern])).slice(1);
    deepStrictEqual([await fitting(`${id}.*`), await fitting(id.slice(1))], [mine, []]);
    match((await tool(['list', '--transactional-id-pattern', '['], { code: 1 })).join('\n'), /Failed to list/);
    const [heads, described] = await tool(['describe', '--transactional-id', id]);
    deepStrictEqual(heads!.slice(0, 4), ['CoordinatorId', 'TransactionalId', 'ProducerId', 'ProducerEpoch']);
    deepStrictEqual(described!.slice(0, 3), ['1', id, producerId]);
    deepStrictEqual(described!.slice(4, 6), ['Ongoing', '60000']);
    deepStrictEqual(described!.at(-1), `${topic}-0`);
    const producers = await tool(['describe-producers', ...place]);
    deepStrictEqual(
      producers.slice(1).map(([name, , , sequence, , start]) => [name, sequence, start]),
      [[producerId, '0', '0']],
    );
    // It is open, and its coordinator knows of it: it does not hang, however short it may be.
    deepStrictEqual((await tool(['find-hanging', ...place, '--max-transaction-timeout', '0'])).length, 1);
  });
  const closed = await tool(['describe-producers', ...place]);
  deepStrictEqual(
    closed.slice(1).map((cells) => cells.at(-1)),
    ['None'],
  );
}

async function aborts(stage: Stage): Promise<void> {
  const tool = transactionsTool(stage);
  const topic = await stage.topic({ partitions: 2 });
  await using producer = (await stage.q).producer({ transactionalId: stage.name('transaction') });
  const write = async (tx: Transaction): Promise<void> => {
    for (const partition of [0, 1]) await tx.send(topic, { value: 'gone', partition });
  };
  const abort = async (offset: number, how?: ToolRun): Promise<string[][]> =>
    tool(['abort', '--topic', topic, '--partition', '0', '--start-offset', String(offset)], how);
  // Whoever has no such tool says so here.
  await abort(0, { code: 1 });
  const work = producer.transaction(async (tx) => {
    await write(tx);
    match((await abort(1, { code: 1 })).join('\n'), /Could not find any open transactions starting at offset 1/);
    deepStrictEqual(await abort(0), []);
  });
  // Real Kafka ends the one partition alone, and lets the other one commit.
  await rejects(work, { code: 'TRANSACTION_ABORTED' });
  deepStrictEqual(await stage.stored(topic), []);
  await producer.transaction(async (tx) => {
    await tx.send(topic, { value: 'kept', partition: 1 });
  });
  deepStrictEqual((await stage.stored(topic)).length, 1);
}

/** By its transactional id, whatever it has touched. */
async function terminates(stage: Stage): Promise<void> {
  const tool = transactionsTool(stage);
  const topic = await stage.topic();
  const id = stage.name('transaction');
  await tool(['list']);
  await using producer = (await stage.q).producer({ transactionalId: id });
  const work = producer.transaction(async (tx) => {
    await tx.send(topic, { value: 'gone' });
    await tool(['forceTerminateTransaction', '--transactionalId', id]);
  });
  await rejects(work, { code: 'PRODUCER_FENCED' });
  deepStrictEqual(await stage.stored(topic), []);
}

export const transactionTools: readonly Feature[] = section('Console tools', {
  'kafka-transactions list, describe, describe-producers, find-hanging': shows,
  'kafka-transactions abort': aborts,
  'kafka-transactions forceTerminateTransaction': terminates,
});
