import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { logEvents, logFields } from '@q/broker';
import { parse } from 'yaml';
import { describe, expect, it, onTestFinished } from 'vitest';
import { pythonEnvironment } from '../python-environment.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const brokerMain = fileURLToPath(new URL('../../apps/broker/src/main.ts', import.meta.url));
const deploy = (name: string): string => readFileSync(new URL(`../../deploy/logs/${name}`, import.meta.url), 'utf8');

interface Taken {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** A collector that refuses the first requests, as one that is starting does. */
async function collector({ refusals }: { readonly refusals: number }) {
  const taken: Taken[] = [];
  let left = refusals;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (left > 0) {
        left -= 1;
        response.writeHead(503).end('starting');
        return;
      }
      taken.push({ path: request.url ?? '', authorization: request.headers.authorization, body });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { taken, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function runBroker(args: readonly string[]): Promise<string> {
  const child = spawn(
    process.execPath,
    ['--conditions=@q/source', brokerMain, '--storage=memory', '--port=0', '--admin-port=0', '--no-kafka', ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  await expect.poll(() => said, { timeout: 20_000 }).toContain('process.ready');
  return await new Promise((resolve) => {
    child.on('close', () => resolve(said));
    child.kill('SIGTERM');
  });
}

describe('the log of a broker goes to a collector', () => {
  it('O5 by OTLP, with what was said before it was ready and the last line, and no header of it in any line', async () => {
    const { taken, url } = await collector({ refusals: 0 });
    const secret = 'Bearer kanarienvogel';
    const said = await runBroker([`--otlp-logs-endpoint=${url}`, `--otlp-logs-headers=authorization=${secret}`]);
    expect(said).not.toContain('kanarienvogel');
    expect(taken.length).toBeGreaterThan(0);
    for (const { path, authorization, body } of taken) {
      expect([path, authorization]).toEqual(['/v1/logs', secret]);
      expect(body).not.toContain('kanarienvogel');
    }
    const events = taken.flatMap(({ body }) =>
      [...body.matchAll(/"eventName":"([a-z_.]+)"/g)].map(([, name]) => name!),
    );
    expect(events).toEqual(
      said
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { event: string }).event),
    );
    expect(events).toContain('process.ready');
    expect(events.at(-1)).toBe('process.stopped');
  });

  it('O5 in requests that the protocol itself can read', async () => {
    const python = await pythonEnvironment('otlp', join(here, 'requirements.txt'));
    if ('missing' in python) {
      console.log(`not read by OpenTelemetry's own definition of the protocol: ${python.missing}`);
      return;
    }
    const { taken, url } = await collector({ refusals: 0 });
    await runBroker([`--otlp-logs-endpoint=${url}/v1/logs`]);
    const reader = spawn(join(python.programs, 'python'), [join(here, 'read-otlp.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    reader.stdin.end(taken[0]!.body);
    const records = JSON.parse(await text(reader.stdout)) as { [name: string]: unknown; attributes: string[] }[];
    const ready = records.find(({ event }) => event === 'process.ready')!;
    expect(ready).toMatchObject({ service: 'q-broker', severity: 9, body: 'ready' });
    expect(Math.abs(Date.now() - Number(ready['timeMs']))).toBeLessThan(60_000);
    expect(ready.attributes).toEqual(expect.arrayContaining(['event.name', 'url', 'version']));
  });
});

describe('configurations for collectors', () => {
  it('O5 label by level and event alone, and name fields that lines have', () => {
    const vector = parse(deploy('vector.yaml')) as {
      transforms: { q_events: { source: string } };
      sinks: { loki: { labels: Record<string, string>; inputs: string[] } };
    };
    expect(Object.keys(vector.sinks.loki.labels)).toEqual(['service', 'level', 'event']);
    expect(vector.sinks.loki.inputs).toEqual(['q_events']);
    expect(deploy('config.alloy')).toContain('values = { level = "", event = "" }');
    const own = new Set(['level', 'time', 'event', 'msg', 'pid', ...Object.keys(logFields)]);
    const named = [...deploy('config.alloy').matchAll(/expressions = \{(.*)\}/g)].flatMap(([, list = '']) =>
      [...list.matchAll(/"([a-z]+)"/g)].map(([, name = '']) => name),
    );
    expect(named.filter((name) => !own.has(name))).toEqual([]);
    expect(named).toHaveLength(3);
    // Loki's default bound on values of one label that are worth having is in the hundreds.
    expect(Object.keys(logEvents).length).toBeLessThan(500);
  });

  it('O5 connect what there is', () => {
    const { receivers, processors, exporters, service } = parse(deploy('otel-collector.yaml')) as {
      [part: string]: Record<string, unknown>;
      service: { pipelines: Record<string, { receivers: string[]; processors: string[]; exporters: string[] }> };
    } & Record<'receivers' | 'processors' | 'exporters', Record<string, unknown>>;
    const logs = service.pipelines['logs']!;
    for (const [wanted, known] of [
      [logs.receivers, receivers],
      [logs.processors, processors],
      [logs.exporters, exporters],
    ] as const)
      expect(wanted.filter((name) => !(name in known))).toEqual([]);
  });
});
