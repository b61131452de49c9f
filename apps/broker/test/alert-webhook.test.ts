import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { AlertWebhook } from '../src/alert-webhook.ts';
import { BrokerProgram } from './broker-program.ts';

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
  const folder = mkdtempSync(join(tmpdir(), 'q-webhook-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const ports = ['--port', '0', '--admin-port', '0', '--no-kafka', '--data-dir', join(folder, 'data')];
  // No disk is as empty as that.
  const alerts = ['--alert', 'diskLowPercent=100', '--alert-webhook-url', url, '--alert-webhook-secret', 'a-long-key'];
  await using _program = new BrokerProgram({ args: [...ports, ...alerts] });
  await vi.waitFor(() => expect(got.length).toBeGreaterThan(0), { timeout: 20_000 });
  const { headers, body } = got[0]!;
  expect(JSON.parse(body)).toMatchObject({
    type: 'q.alerts',
    data: { alerts: [{ name: 'disk.low', state: 'raised' }] },
  });
  const signed = `${headers['webhook-id'] as string}.${headers['webhook-timestamp'] as string}.${body}`;
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', 'a-long-key').update(signed).digest('base64')}`);
});
