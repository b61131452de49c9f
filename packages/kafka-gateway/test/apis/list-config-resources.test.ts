import { describe, expect, it } from 'vitest';
import { listConfigResources } from '../../src/messages/list-config-resources.ts';
import { createTopic, openClient } from './admin-client.ts';

describe('ListConfigResources', () => {
  it('B1 lists the topics and the broker, all of them or of the types that are asked for', async () => {
    const client = await openClient({ brokerId: 4 });
    await createTopic(client, 'orders');
    const list = async (...resourceTypes: number[]) => {
      const { errorCode, configResources } = await client.ask(listConfigResources, 1, { resourceTypes });
      expect(errorCode).toBe(0);
      return configResources.map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`);
    };
    expect(await list()).toEqual(expect.arrayContaining(['2 orders', '2 __metadata', '4 4', '8 4']));
    expect(await list(4, 4)).toEqual(['4 4']);
    expect(await list(16, 32)).toEqual([]);
  });

  it('B1 lists no subscriptions to metrics in version 0, and refuses a type that there is not', async () => {
    const client = await openClient();
    expect(await client.ask(listConfigResources, 0, {})).toMatchObject({ errorCode: 0, configResources: [] });
    const answer = await client.ask(listConfigResources, 1, { resourceTypes: [2, 99] });
    expect(answer).toMatchObject({ errorCode: 35, configResources: [] });
  });
});
