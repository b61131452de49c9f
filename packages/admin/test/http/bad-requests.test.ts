import { describe, expect, it, vi } from 'vitest';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { BrokerLogger } from '@q/broker';
import { problemSchema } from '../../src/http/problem-schema.ts';
import { adminBroker } from '../harness.ts';

/** With headers that `fetch` does not let anybody set. */
function askRaw(url: string, headers: Record<string, string>): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, body: JSON.parse(text) }));
    })
      .on('error', reject)
      .end();
  });
}

describe('a bad request', () => {
  it.each([
    ['/api/v1/nothing', {}, 404, 'NOT_FOUND'],
    ['/api/v1/stats', { method: 'POST' }, 405, 'METHOD_NOT_ALLOWED'],
    ['/api/v1/stats', { headers: { accept: 'image/png' } }, 406, 'NOT_ACCEPTABLE'],
    ['/api/v1/stats?x=1', {}, 400, 'INVALID_REQUEST'],
    ['/api/v1/stats', { headers: { origin: 'http://evil.example' } }, 403, 'FORBIDDEN_ORIGIN'],
    ['/api/v1/stats', { headers: { 'sec-fetch-site': 'cross-site' } }, 403, 'FORBIDDEN_ORIGIN'],
  ] as const)('O2 %s %j is answered with %i and a problem', async (path, init, status, code) => {
    const { ask } = await adminBroker();
    const response = await ask(path, init);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(problemSchema.parse(await response.json())).toMatchObject({ status, code });
  });

  it('O2 405 and OPTIONS say which methods there are', async () => {
    const { ask } = await adminBroker();
    expect((await ask('/api/v1/stats', { method: 'DELETE' })).headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    const options = await ask('/api/v1/stats', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    expect((await ask('/api/v1/stats', { method: 'HEAD' })).status).toBe(200);
  });

  it.each([
    'evil.example:7421',
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'svc.evil',
    '1.2.3.4.5',
    '[::1',
    '[:::::]',
    '999.999.999.999',
    'localhost:99999',
  ])('O2 SEC-14: a page whose name %j leads here is refused', async (host) => {
    const { url } = await adminBroker();
    expect(await askRaw(`${url}/api/v1/stats`, { host })).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN_HOST' },
    });
  });

  it.each([
    '127.0.0.1:1',
    'localhost:7421',
    '[::1]:7421',
    '10.1.2.3',
    'q-broker:7421',
    'q.default.svc',
    'Broker.example:80',
  ])('O2 %s is a name of the broker', async (host) => {
    const { url } = await adminBroker({ admin: { allowedHosts: ['broker.example'] } });
    expect(await askRaw(`${url}/api/v1/stats`, { host })).toMatchObject({ status: 200 });
  });

  it('O2 an address that is none is answered with a problem', async () => {
    const { url } = await adminBroker();
    const { hostname, port } = new URL(url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`OPTIONS * HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
      });
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      socket.on('end', () => resolve(text)).on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('a path that begins with /');
  });

  it.each(['/api/v1/topics', '/api/v1/backup'])(
    'O2 whoever goes away in the middle of a body for %s is no fault of the broker',
    async (path) => {
      const faults: unknown[] = [];
      const quiet = (): void => undefined;
      const logger: BrokerLogger = { debug: quiet, info: quiet, warn: quiet, error: (line) => void faults.push(line) };
      const { url, get } = await adminBroker({ logger });
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST ${path} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\n`
            + 'Expect: 100-continue\r\nContent-Length: 100\r\n\r\n{',
        );
      });
      // The broker has begun with it.
      socket.once('data', () => socket.destroy());
      await vi.waitFor(async () => {
        const { errors } = await get<{ errors: unknown }>('/api/v1/stats');
        expect(errors).toContainEqual({ error: 'INVALID_REQUEST', count: 1 });
      });
      expect(faults).toEqual([]);
    },
  );
});
