import { EndTransaction, QError, transactionOutcomeCode } from '@q/protocol';
import type { EndTransactionRequest, StageOffsetsRequest, StageOffsetsResponse } from '@q/protocol';
import { expect, it } from 'vitest';
import { GroupScene } from '../fake/group-scene.ts';

const commit = transactionOutcomeCode.commit;
const everything = ['0:0', '0:1', '0:2'];

function staged({ topics }: StageOffsetsRequest): StageOffsetsResponse {
  const answers = topics.map(({ topicId, partitions }) => ({
    topicId,
    partitions: partitions.map(({ partition }) => ({ partition, errorCode: 0, errorMessage: null })),
  }));
  return { topics: answers };
}

/** Closes the consumer with the first commit. Gives the batches that were handed out, and how they ended. */
async function processed(
  scene: GroupScene,
  { endDelayMs = 0, transactionTimeoutMs = 60_000 } = {},
): Promise<{ given: string[][]; outcomes: number[] }> {
  const { broker, clock } = scene;
  const consumer = scene.consumer({ autoCommit: false });
  broker.handlers.set('END_TRANSACTION', async ({ producerId, producerEpoch, outcome }: EndTransactionRequest) => {
    if (outcome === commit) void consumer.close();
    else await new Promise<void>((resolve) => void clock.schedule(endDelayMs, resolve));
    return { producerId, producerEpoch: producerEpoch + 1 };
  });
  const producer = scene.q.producer({ transactionalId: 'w', transactionTimeoutMs });
  const given: string[][] = [];
  await scene.settle(
    consumer.process(producer, { maxRecords: 3, maxMs: 1 }, (records) => {
      given.push(records.map(({ value }) => String(value)));
    }),
  );
  const outcomes = broker.requestsOf<EndTransactionRequest>(EndTransaction.name).map(({ outcome }) => outcome);
  return { given, outcomes };
}

it('X2 commits nothing of partitions that were lost and come back in the same epoch', async () => {
  const scene = await GroupScene.start({ records: 3 });
  let stages = 0;
  let isLost = false;
  scene.broker.faults = ({ api, point }) => {
    if (api !== 'GROUP_HEARTBEAT' || point !== 'before' || stages !== 1 || isLost) return 'none';
    isLost = true;
    return 'UNKNOWN_MEMBER';
  };
  scene.broker.handlers.set('STAGE_OFFSETS', async (request: StageOffsetsRequest) => {
    stages += 1;
    // Long enough for the member to be lost, and to be back.
    if (stages === 1) await new Promise<void>((resolve) => void scene.clock.schedule(20_000, resolve));
    return staged(request);
  });
  const { given, outcomes } = await processed(scene);
  expect(isLost).toBe(true);
  expect(given).toEqual([everything, everything]);
  expect(outcomes).toEqual([transactionOutcomeCode.abort, commit]);
});

it('X2 does not fence itself with the end of a transaction whose offsets are still on their way', async () => {
  const scene = await GroupScene.start({ records: 3 });
  // As of a broker that is away, until the end comes.
  const isAway = (): boolean => scene.broker.requestsOf(EndTransaction.name).length === 0;
  scene.broker.faults = ({ api }) => (api === 'STAGE_OFFSETS' && isAway() ? 'cut' : 'none');
  scene.broker.handlers.set('STAGE_OFFSETS', (request: StageOffsetsRequest) => {
    const { producerEpoch } = request;
    if (producerEpoch === 0) throw new QError('PRODUCER_FENCED', 'the end has raised the epoch');
    return staged(request);
  });
  const { given, outcomes } = await processed(scene, { endDelayMs: 8_000, transactionTimeoutMs: 3_000 });
  expect(given).toEqual([everything, everything]);
  expect(outcomes.at(-1)).toBe(commit);
});
