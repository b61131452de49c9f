import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startBroker } from '@q/broker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
}

interface TracesRequest {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}

const [telemetry, shop] = ['telemetry', 'shop'].map((name) =>
  fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url)),
);

/** Takes what the SDK exports, as a collector does: OTLP over HTTP, in JSON. */
const spans = new Map<string, Span>();
let collector: Server;

beforeEach(async () => {
  collector = createServer((request, response) => {
    void json(request).then((body) => {
      if (request.url === '/v1/traces')
        for (const { scopeSpans } of (body as TracesRequest).resourceSpans)
          for (const span of scopeSpans.flatMap((scope) => scope.spans)) spans.set(span.name, span);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
});

afterEach(() => {
  collector.closeAllConnections();
  collector.close();
});

describe('the shop', { timeout: 60_000 }, () => {
  it('O5 sends an order and handles it in one trace, which reaches the collector', async () => {
    await using broker = await startBroker({ storage: 'memory', port: 0, admin: false });
    const { port } = collector.address() as AddressInfo;
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', telemetry!, shop!, broker.url], {
      env: {
        ...process.env,
        OTEL_SERVICE_NAME: 'shop',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      },
    });
    const traces = [...stdout.matchAll(/[0-9a-f]{32}/g)].map(([traceId]) => traceId);
    expect(stdout).toContain('customer-7 ordered a table');
    expect(traces).toEqual([traces[0], traces[0]]);
    const chain = ['POST /orders', 'send orders', 'process orders', 'charge'].map((name) => spans.get(name));
    expect(chain.map((span) => span?.traceId)).toEqual([traces[0], traces[0], traces[0], traces[0]]);
    for (const [at, span] of chain.entries()) expect(span?.parentSpanId || undefined).toBe(chain[at - 1]?.spanId);
    // PRODUCER and CONSUMER, as OTLP numbers them.
    expect([chain[1]?.kind, chain[2]?.kind]).toEqual([4, 5]);
  });
});
