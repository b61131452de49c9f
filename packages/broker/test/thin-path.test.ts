import { expect, it } from 'vitest';
import { batchOf, testBroker, testClient, valuesOf } from './harness.ts';

it('B3 a broker in memory takes records and gives them back', async () => {
  const broker = await testBroker();
  const client = await testClient(broker);
  const { topicId } = await client.createTopic('orders');

  const produced = await client.produce(topicId, batchOf('a', 'b'));
  expect(produced).toMatchObject({ errorCode: 0, baseOffset: 0, duplicate: false, durability: 3 });
  expect(await client.produce(topicId, batchOf('c'))).toMatchObject({ errorCode: 0, baseOffset: 2 });

  const fetched = await client.fetch(topicId, 0);
  expect(fetched).toMatchObject({ errorCode: 0, highWatermark: 3, logStartOffset: 0 });
  expect(valuesOf(fetched.records)).toEqual(['a', 'b', 'c']);
});
