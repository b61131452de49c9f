/** Who is connected (row M1). */
import { z } from 'zod';
import { json, operation } from '../operation/operation.ts';
import { nextSchema, pageOf, pageQuery } from '../operation/query.ts';
import { count } from '../operation/scalars.ts';

const connection = z
  .object({
    id: count.describe('Unique in a run of the broker; `connectionId` in its log.'),
    address: z.string(),
    door: z.string().describe('The protocol that it speaks.'),
    clientId: z.string().describe('As it named itself; empty when it did not.'),
    software: z.string(),
    softwareVersion: z.string(),
    openForMs: count,
    requestsInFlight: count,
    requestsWaiting: count.describe('Long polls and held heartbeats.'),
    bytesIn: count.describe('Held of what it has sent.'),
    bytesOut: count.describe('Held of what it is sent.'),
  })
  .meta({ id: 'Connection' });

const listConnections = operation({
  id: 'listConnections',
  method: 'get',
  path: '/api/v1/connections',
  tag: 'connections',
  summary: 'Who is connected: address, client, and what is under way; the oldest first.',
  query: z.strictObject({
    door: z.string().max(100).optional().describe('Only those that speak this protocol.'),
    clientId: z.string().max(1_000).optional().describe('Only those of this client.'),
    ...pageQuery,
  }),
  answer: json(z.object({ connections: z.array(connection), next: nextSchema }).meta({ id: 'ConnectionList' })),
  handle: ({ query: { door, clientId, limit, after } }, { tools }) => {
    const all = tools
      .connections()
      .filter(
        (one) => (door === undefined || one.door === door) && (clientId === undefined || one.clientId === clientId),
      );
    const page = { limit, after: after === undefined ? undefined : idKey(Number(after)) };
    const { items, next } = pageOf(all, page, ({ id }) => idKey(id));
    return { connections: items, next: next === null ? null : String(Number(next)) };
  },
});

export const connectionOperations = [listConnections] as const;

/** Keys of pages are texts in their order; ids are that with leading zeros. */
function idKey(id: number): string {
  return String(id).padStart(16, '0');
}
