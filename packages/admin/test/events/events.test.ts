import { describe, expect, it } from 'vitest';
import { groupDetails, groupList } from '../../src/groups/group-schemas.ts';
import { statsSchema } from '../../src/stats/stats-schema.ts';
import { adminBroker } from '../harness.ts';
import { EventReader } from '../stream/event-reader.ts';

describe('events', () => {
  it('O2 M1 statistics come again and again', async () => {
    const { url } = await adminBroker();
    const reader = await EventReader.open(`${url}/api/v1/events/stats?intervalMs=250`);
    for (let count = 0; count < 2; count += 1) {
      const { event, data } = (await reader.next())!;
      expect(event).toBe('stats');
      expect(statsSchema.parse(data).status).toBe('ready');
    }
  });

  it('O2 G3 groups are watched, all of them and one', async () => {
    const { url, send, ask } = await adminBroker();
    await send('POST', '/api/v1/topics', { name: 'orders', partitions: 1 });
    const seek = { targets: [{ topic: 'orders', to: 'start' }], execute: true };
    await send('POST', '/api/v1/groups/billing/seek', seek);
    const all = await EventReader.open(`${url}/api/v1/events/groups`);
    expect(groupList.parse((await all.next())!.data).groups).toMatchObject([{ groupId: 'billing' }]);
    const one = await EventReader.open(`${url}/api/v1/events/groups/billing?intervalMs=250`);
    expect(groupDetails.parse((await one.next())!.data).lag).toBe(0);
    await send('POST', '/api/v1/topics/orders/records', { records: [{ value: 'x' }] });
    for (;;) {
      const { data } = (await one.next())!;
      if (groupDetails.parse(data).lag === 1) break;
    }
    expect((await ask('/api/v1/events/groups/nobody')).status).toBe(404);
  });
});
