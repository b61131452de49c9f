import { connect } from '@q/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { problemSchema } from '../../src/http/problem-schema.ts';
import { groupDetails, groupList, sought } from '../../src/groups/group-schemas.ts';
import { adminBroker } from '../harness.ts';
import type { AdminBroker } from '../harness.ts';

/** A topic of ten records, and a group that has committed at 4. */
async function withGroup(): Promise<AdminBroker> {
  const admin = await adminBroker();
  await admin.send('POST', '/api/v1/topics', { name: 'orders', partitions: 1 });
  const records = Array.from({ length: 10 }, (_, index) => ({ value: `v${index}` }));
  await admin.send('POST', '/api/v1/topics/orders/records', { records });
  const seek = { targets: [{ topic: 'orders', to: '4' }], execute: true };
  expect((await admin.send('POST', '/api/v1/groups/billing/seek', seek)).status).toBe(200);
  return admin;
}

describe('groups', () => {
  it('O2 G3 are listed and described, with their lag', async () => {
    const { get } = await withGroup();
    expect(groupList.parse(await get('/api/v1/groups'))).toEqual({
      groups: [{ groupId: 'billing', state: 'empty', members: 0, offsets: 1 }],
      next: null,
    });
    const details = groupDetails.parse(await get('/api/v1/groups/billing'));
    expect(details).toMatchObject({ groupId: 'billing', lag: 6, lagExact: true, partitionCount: 1, members: [] });
    expect(details.partitions).toMatchObject([{ name: 'orders', partition: 0, committedOffset: 4, lag: 6 }]);
  });

  it('O2 G3 a seek shows what it would do, and does it when told so', async () => {
    const { get, send } = await withGroup();
    const ask = async (body: object): Promise<unknown> =>
      sought.parse(await (await send('POST', '/api/v1/groups/billing/seek', body)).json());
    const shown = { topic: 'orders', partition: 0, previousOffset: 4, endOffset: 10, error: null };
    expect(await ask({ targets: [{ topic: 'orders', shift: 3 }] })).toEqual({
      executed: false,
      offsets: [{ ...shown, offset: 7 }],
    });
    expect(groupDetails.parse(await get('/api/v1/groups/billing')).lag).toBe(6);
    expect(await ask({ targets: [{ topic: 'orders', to: '-1' }], execute: true })).toEqual({
      executed: true,
      offsets: [{ ...shown, offset: 9 }],
    });
    expect(groupDetails.parse(await get('/api/v1/groups/billing')).lag).toBe(1);
    expect(await ask({ targets: [{ topic: 'orders', offsets: [{ partition: 0, offset: 99 }] }] })).toMatchObject({
      executed: false,
      offsets: [{ offset: 99, error: { code: 'OFFSET_OUT_OF_RANGE' } }],
    });
  });

  it('O2 G3 a seek that cannot be done sets nothing, and says why', async () => {
    const { get, send } = await withGroup();
    const body = { targets: [{ topic: 'orders', offsets: [{ partition: 0, offset: 99 }] }], execute: true };
    const refused = await send('POST', '/api/v1/groups/billing/seek', body);
    expect(refused.status).toBe(416);
    expect(problemSchema.parse(await refused.json())).toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      errors: [{ field: 'body.targets orders 0', value: '99' }],
    });
    expect(groupDetails.parse(await get('/api/v1/groups/billing')).partitions[0]!.committedOffset).toBe(4);
  });

  it('O2 G3 forgets offsets, and deletes a group, but for one that somebody works in', async () => {
    const { ask, send, broker } = await withGroup();
    const forgotten = await send('POST', '/api/v1/groups/billing/forget', { topics: [{ topic: 'orders' }] });
    expect(await forgotten.json()).toMatchObject({ topics: [{ offsets: 1, error: null }] });
    expect((await ask('/api/v1/groups/billing', { method: 'DELETE' })).status).toBe(404);

    const q = await connect(broker.url);
    onTestFinished(async () => void (await q.close()));
    await using consumer = q.consumer('orders', { group: 'busy', from: 'earliest' });
    for await (const message of consumer) {
      message.ack();
      const busy = await ask('/api/v1/groups/busy', { method: 'DELETE' });
      expect([busy.status, problemSchema.parse(await busy.json()).code]).toEqual([409, 'GROUP_NOT_EMPTY']);
      const described = groupDetails.parse(await (await ask('/api/v1/groups/busy')).json());
      expect(described.members).toMatchObject([{ assigned: [{ name: 'orders', partitions: [0] }], stalled: false }]);
      const { members } = (await (await ask('/api/v1/groups/busy/members')).json()) as { members: unknown[] };
      expect(members).toHaveLength(1);
      break;
    }
  });

  it('O2 G3 ids are whatever they are: what stands in an address is decoded once', async () => {
    const { get, send } = await withGroup();
    const odd = 'a/b c%25?#é';
    const seek = { targets: [{ topic: 'orders', to: 'start' }], execute: true };
    expect((await send('POST', `/api/v1/groups/${encodeURIComponent(odd)}/seek`, seek)).status).toBe(200);
    expect(groupDetails.parse(await get(`/api/v1/groups/${encodeURIComponent(odd)}`)).groupId).toBe(odd);
  });
});
