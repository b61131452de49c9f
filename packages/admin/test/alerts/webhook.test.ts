import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Condition } from '@q/broker';
import { FaultyFileSystem, ManualClock } from '@q/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { nodePost } from '../../src/alerts/node-post.ts';
import { changesMax, triesMax, waitingMax, Webhook } from '../../src/alerts/webhook.ts';
import type { Post, Posted } from '../../src/alerts/webhook-target.ts';
import { adminBroker } from '../harness.ts';

interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { data: { alerts: { name: string; subject: string; state: string }[] } };
}

const taken: Posted = { status: 204, reason: '', retryAfterMs: null };

function condition(subject: string, name: Condition['name'] = 'disk.full'): Condition {
  return { name, subject, severity: 'critical', reason: 'no room', action: 'make room', figures: {}, sinceMs: 5 };
}

class Scene {
  readonly clock = new ManualClock();
  readonly sent: Sent[] = [];
  readonly told: ({ reason: string; figures: object } | null)[] = [];
  readonly closing = new AbortController();
  answer: () => Promise<Posted> = () => Promise.resolve(taken);
  target: { url: string; secret: string | null } | null = { url: 'http://127.0.0.1:1', secret: null };
  readonly webhook: Webhook;

  constructor() {
    const post: Post = ({ headers, body }) => {
      this.sent.push({ headers, body: JSON.parse(body) as Sent['body'] });
      return this.answer();
    };
    const health = {
      tell: (_name: string, finding: Scene['told'][number]) => void this.told.push(finding),
    };
    const identity = { brokerId: 1, clusterId: 'c', software: 'q', softwareVersion: '1.2.3', term: 1 };
    const quiet = (): void => undefined;
    this.webhook = new Webhook({
      target: () => this.target,
      post,
      services: { health, identity } as never,
      tools: {
        clock: this.clock,
        random: { next: () => 1, bytes: (count) => Buffer.alloc(count) },
        logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      },
      closing: this.closing.signal,
    });
  }

  raise(...subjects: string[]): void {
    this.webhook.take({ raised: subjects.map((subject) => condition(subject)), cleared: [] });
  }

  subjects(): string[][] {
    return this.sent.map(({ body }) => body.data.alerts.map(({ subject }) => subject));
  }
}

const failing: Posted = { status: 503, reason: 'it answered 503', retryAfterMs: null };

describe('webhook', () => {
  it('O4 sends what was raised and cleared, and what came meanwhile with the next message', async () => {
    const scene = new Scene();
    const { promise, resolve } = Promise.withResolvers<Posted>();
    scene.answer = () => promise;
    scene.raise('a');
    scene.raise('b');
    scene.webhook.take({ raised: [], cleared: [{ ...condition('a'), clearedMs: 9 }] });
    expect(scene.subjects()).toEqual([['a']]);
    resolve(taken);
    await vi.waitFor(() => expect(scene.subjects()).toEqual([['a'], ['b', 'a']]));
    expect(scene.sent[1]!.body).toMatchObject({
      type: 'q.alerts',
      data: {
        broker: { clusterId: 'c', version: '1.2.3' },
        alerts: [{ state: 'raised' }, { state: 'cleared', clearedMs: 9 }],
      },
    });
    expect(scene.sent[0]!.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'q/1.2.3' });
  });

  it('O4 signs a message with the secret, as others verify it', async () => {
    const scene = new Scene();
    const secret = Buffer.from('0123456789abcdef0123456789abcdef');
    scene.target = { url: 'http://127.0.0.1:1', secret: `whsec_${secret.toString('base64')}` };
    scene.raise('a');
    await vi.waitFor(() => expect(scene.sent).toHaveLength(1));
    const { headers, body } = scene.sent[0]!;
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${JSON.stringify(body)}`;
    const expected = createHmac('sha256', secret).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    expect(headers['webhook-timestamp']).toBe(String(Math.floor(scene.clock.now() / 1000)));
  });

  it('O4 tries again with growing pauses under the same id, and is an alert itself until it succeeds', async () => {
    const scene = new Scene();
    scene.answer = () => Promise.resolve(failing);
    scene.raise('a');
    await scene.clock.advance(1_000);
    await scene.clock.advance(1_999);
    expect(scene.sent).toHaveLength(2);
    expect(scene.told).toEqual([]);
    await scene.clock.advance(1);
    expect(scene.sent).toHaveLength(3);
    expect(scene.told).toMatchObject([{ reason: 'the webhook takes no alerts: it answered 503' }]);
    expect(new Set(scene.sent.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    scene.answer = () => Promise.resolve(taken);
    await scene.clock.advance(4_000);
    expect(scene.sent).toHaveLength(4);
    expect(scene.told.at(-1)).toBeNull();
    expect(scene.clock.pending).toBe(0);
  });

  it('O4 waits as long as the target asks for, within bounds', async () => {
    const scene = new Scene();
    scene.answer = () => Promise.resolve({ ...failing, status: 429, retryAfterMs: 30_000 });
    scene.raise('a');
    await scene.clock.advance(29_999);
    expect(scene.sent).toHaveLength(1);
    await scene.clock.advance(1);
    expect(scene.sent).toHaveLength(2);
  });

  it('O4 gives a message up after so many tries, or when it was refused, and goes on', async () => {
    const scene = new Scene();
    scene.answer = () => Promise.resolve(failing);
    scene.raise('a');
    await scene.clock.advance(3_600_000);
    expect(scene.sent).toHaveLength(triesMax);
    expect(scene.told.at(-1)).toMatchObject({ figures: { dropped: 1 } });
    scene.answer = () => Promise.resolve({ ...failing, status: 404 });
    scene.raise('b');
    await scene.clock.advance(3_600_000);
    expect(scene.sent).toHaveLength(triesMax + 1);
    expect(scene.told.at(-1)).toMatchObject({ figures: { dropped: 2 } });
  });

  it('O4 is bounded: messages, and what waits behind a target that hangs', async () => {
    const scene = new Scene();
    const { promise, resolve } = Promise.withResolvers<Posted>();
    scene.answer = () => promise;
    scene.raise('first');
    for (let count = 0; count < waitingMax + 50; count += 1) scene.raise(`${count}`);
    expect(scene.told.at(-1)).toMatchObject({ figures: { dropped: 50, waiting: waitingMax } });
    resolve(taken);
    await vi.waitFor(() => expect(scene.sent).toHaveLength(1 + waitingMax / changesMax));
    expect(scene.subjects()[1]!.slice(0, 2)).toEqual(['50', '51']);
    expect(scene.subjects()[1]).toHaveLength(changesMax);
  });

  it('O4 does not send its own alert, nothing without a target, and ends with the broker', async () => {
    const scene = new Scene();
    scene.webhook.take({ raised: [condition('', 'webhook.failing')], cleared: [] });
    scene.target = null;
    scene.raise('a');
    expect(scene.sent).toEqual([]);
    scene.target = { url: 'http://127.0.0.1:1', secret: null };
    scene.answer = () => Promise.resolve(failing);
    scene.raise('b');
    await scene.clock.advance(0);
    scene.closing.abort();
    await scene.clock.advance(3_600_000);
    expect(scene.sent).toHaveLength(1);
    expect(scene.clock.pending).toBe(0);
  });
});

describe('a request to a webhook', () => {
  async function target(answer: (respond: { end(status: number, headers?: object): void }) => void): Promise<{
    url: string;
    got: { headers: IncomingHttpHeaders; body: string }[];
  }> {
    const got: { headers: IncomingHttpHeaders; body: string }[] = [];
    const server = createServer((request, response) => {
      void request.toArray().then((chunks) => {
        got.push({ headers: request.headers, body: Buffer.concat(chunks as Buffer[]).toString() });
        answer({ end: (status, headers = {}) => void response.writeHead(status, { ...headers }).end('x') });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got };
  }
  const { signal } = new AbortController();

  it('O4 tells the status, and how long to wait', async () => {
    const { url, got } = await target((respond) => respond.end(429, { 'retry-after': '7' }));
    const posted = await nodePost({ url, headers: { 'x-a': 'b' }, body: '{"ä":1}', timeoutMs: 5_000, signal });
    expect(posted).toMatchObject({ status: 429, retryAfterMs: 7_000 });
    expect(got).toMatchObject([{ headers: { 'x-a': 'b', 'content-length': '8' }, body: '{"ä":1}' }]);
  });

  it('O4 gives up on a target that does not answer, and on one that is not there', async () => {
    const { url } = await target(() => undefined);
    const late = await nodePost({ url, headers: {}, body: '', timeoutMs: 50, signal });
    expect(late).toMatchObject({ status: 0, reason: 'it did not answer in time' });
    const gone = await nodePost({ url: 'http://127.0.0.1:1/', headers: {}, body: '', timeoutMs: 5_000, signal });
    expect(gone.status).toBe(0);
    expect(gone.reason).toContain('ECONNREFUSED');
  });
});

describe('the webhook of a broker', () => {
  it('O4 is told what was raised before it could listen, what comes later, and when that is over', async () => {
    const told: { name: string; state: string }[] = [];
    const server = createServer((request, response) => {
      void request.toArray().then((chunks) => {
        const { data } = JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as { data: { alerts: typeof told } };
        told.push(...data.alerts.map(({ name, state }) => ({ name, state })));
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const disk = new FaultyFileSystem({ capacityBytes: 1 << 30 });
    await adminBroker({
      storage: 'file',
      dataDir: '/data',
      fileSystem: disk,
      // Lower than what any process may have: raised with the first look.
      descriptorsMax: 200,
      storageLimits: { diskReserveBytes: 1 << 20 },
      limits: { healthIntervalMs: 10, maintenanceIntervalMs: 10 },
      alerts: { clearAfterMs: 50, diskLowPercent: 1 },
      admin: { webhook: () => ({ url, secret: null }) },
    });
    await vi.waitFor(() => expect(told).toContainEqual({ name: 'descriptors.short', state: 'raised' }));
    disk.capacityBytes = disk.usedBytes;
    await vi.waitFor(() => expect(told).toContainEqual({ name: 'disk.full', state: 'raised' }));
    disk.capacityBytes = 1 << 30;
    await vi.waitFor(() => expect(told).toContainEqual({ name: 'disk.full', state: 'cleared' }));
  });
});
