import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BrokerProcess } from '@q/testkit';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { AlertWebhook } from '../src/alert-webhook.ts';

it('Q3 O4 follows the settings that are in force', () => {
  const webhook = new AlertWebhook();
  expect(webhook.target).toBeNull();
  const settings = new Map([['alertWebhookUrl', 'https://x.example/hook']]);
  webhook.follow((name) => settings.get(name));
  expect(webhook.target).toEqual({ url: 'https://x.example/hook', secret: null });
  settings.set('alertWebhookSecret', 's');
  webhook.follow((name) => settings.get(name));
  expect(webhook.target).toEqual({ url: 'https://x.example/hook', secret: 's' });
  settings.set('alertWebhookUrl', 'none');
  webhook.follow((name) => settings.get(name));
  expect(webhook.target).toBeNull();
});

it('O4 the program sends its alerts, signed', { timeout: 40_000 }, async () => {
  const got: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer((request, response) => {
    void request.toArray().then((chunks) => {
      got.push({ headers: request.headers, body: Buffer.concat(chunks as Buffer[]).toString() });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  await using _broker = await BrokerProcess.start({
    main: fileURLToPath(new URL('../src/main.ts', import.meta.url)),
    args: ['--storage', 'memory', '--alert-webhook-url', url, '--alert-webhook-secret', 'key'],
    // Fewer files than it wants is an alert from the first look on.
    through: ['prlimit', '--nofile=200:200'],
  });
  await vi.waitFor(() => expect(got.length).toBeGreaterThan(0), { timeout: 20_000 });
  const { headers, body } = got[0]!;
  expect(JSON.parse(body)).toMatchObject({
    type: 'q.alerts',
    data: { alerts: [{ name: 'descriptors.short', state: 'raised' }] },
  });
  const signed = `${headers['webhook-id'] as string}.${headers['webhook-timestamp'] as string}.${body}`;
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', 'key').update(signed).digest('base64')}`);
});
