import { errorCode } from '@q/protocol';
import { expect, it } from 'vitest';
import { fetchOffsetHandler } from '../../../src/session/native/apis/committed-offsets.ts';
import type { NativeCaller } from '../../../src/session/native/handler.ts';

it('X2 an offset is not taken for stable because its transaction ended while it was being answered', async () => {
  const topicId = '00000000-0000-4000-8000-0000000000aa';
  const unstable = new Set([`${topicId}/0`]);
  const found = { error: null, offset: 1, leaderEpoch: -1, metadata: null, committedAtMs: 1 };
  const partitions = [0, 1].map((partition) => ({ partition, ...found }));
  const handler = fetchOffsetHandler({
    transactions: { unstableOffsets: () => new Map([['g', new Set(unstable)]]) },
    groups: {
      offsets: {
        // The old offset is read, and then the transaction ends.
        fetch: () => {
          unstable.clear();
          return Promise.resolve([{ topicId, name: 'orders', partitions }]);
        },
      },
    },
  });
  const question = { groupId: 'g', memberId: '', memberEpoch: -1, topics: null, requireStable: true };
  const answer = await handler.handle(question, {} as NativeCaller);
  expect(answer).toMatchObject({
    topics: [{ partitions: [{ errorCode: errorCode('UNSTABLE_OFFSETS') }, { errorCode: 0, offset: 1 }] }],
  });
});
