import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { statsSchema } from '../../src/stats/stats-schema.ts';
import { adminBroker } from '../harness.ts';

const recordsMax = 400;
const valueBytes = 64 << 10;

it('O2 Z3 nothing is read for a reader that takes nothing, and nobody else is held up', async () => {
  const admin = await adminBroker();
  await admin.send('POST', '/api/v1/topics', { name: 'orders', partitions: 1 });
  const value = 'x'.repeat(valueBytes);
  for (let sent = 0; sent < recordsMax; sent += 100) {
    const sending = await admin.ask('/api/v1/topics/orders/records', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: `${JSON.stringify({ value })}\n`.repeat(100),
    });
    expect(sending.status).toBe(200);
  }
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(admin.url).port) });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.pause();
  socket.write('GET /api/v1/topics/orders/records HTTP/1.1\r\nhost: localhost\r\naccept: application/x-ndjson\r\n\r\n');
  // Until three looks in a row show the same: the kernel's buffers are full then.
  const seen: number[] = [];
  while (seen.length < 3 || seen.at(-1) === 0 || new Set(seen.slice(-3)).size > 1)
    seen.push(statsSchema.parse(await admin.get('/api/v1/stats')).recordsOut);
  // Some MB are on their way in buffers of the two sockets, and one look into the log.
  expect(seen.at(-1)).toBeLessThan(recordsMax - 50);
  socket.resume();
  let bytes = 0;
  for await (const chunk of socket) {
    bytes += (chunk as Buffer).length;
    if (bytes > recordsMax * valueBytes) break;
  }
  expect(bytes).toBeGreaterThan(recordsMax * valueBytes);
});
