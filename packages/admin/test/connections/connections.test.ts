import { connect } from '@q/client';
import { expect, it, onTestFinished } from 'vitest';
import { adminBroker } from '../harness.ts';

interface List {
  readonly connections: readonly Record<string, unknown>[];
  readonly next: string | null;
}

it('O2 M1 who is connected is told, page by page and by client', async () => {
  const { broker, get } = await adminBroker();
  for (const clientId of ['a', 'b', 'c']) {
    const q = await connect(broker.url, { clientId });
    onTestFinished(async () => void (await q.close()));
    await q.admin.listTopics();
  }
  const { connections, next } = await get<List>('/api/v1/connections');
  expect(next).toBeNull();
  expect(connections.map(({ clientId }) => clientId)).toEqual(['a', 'b', 'c']);
  expect(connections[0]).toMatchObject({ address: '127.0.0.1', door: 'native', requestsInFlight: 0, bytesOut: 0 });
  expect(connections[0]!['software']).not.toBe('');
  const first = await get<List>('/api/v1/connections?limit=2');
  expect([first.connections.length, first.next]).toEqual([2, String(first.connections[1]!['id'])]);
  const second = await get<List>(`/api/v1/connections?limit=2&after=${first.next}`);
  expect(second.connections.map(({ clientId }) => clientId)).toEqual(['c']);
  expect((await get<List>('/api/v1/connections?clientId=b')).connections).toHaveLength(1);
  expect((await get<List>('/api/v1/connections?door=kafka')).connections).toEqual([]);
});
