import { describe, expect, it } from 'vitest';
import { consumerGroupDescribe } from '../../src/messages/consumer-group-describe.ts';
import { consumerGroupHeartbeat } from '../../src/messages/consumer-group-heartbeat.ts';
import { kafkaBroker, RawClient } from '../harness.ts';

describe('the new group protocol', () => {
  it('B1 is refused with an error that says what to do, in both versions', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    for (const version of [0, 1]) {
      const beat = { groupId: 'g', memberId: 'm', memberEpoch: 0, subscribedTopicNames: ['t'], topicPartitions: [] };
      const answer = await client.ask(consumerGroupHeartbeat, version, beat);
      expect(answer).toMatchObject({
        errorCode: 35,
        errorMessage: expect.stringContaining('classic'),
        assignment: null,
      });
      const { groups } = await client.ask(consumerGroupDescribe, version, { groupIds: ['g', 'h'] });
      expect(groups).toMatchObject([
        { groupId: 'g', errorCode: 35, errorMessage: expect.stringContaining('classic') },
        { groupId: 'h', errorCode: 35 },
      ]);
    }
  });
});
