import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BrokerLogger } from '@q/broker';
import { problemSchema } from '../../src/http/problem-schema.ts';
import { operations } from '../../src/operations.ts';
import { exampleRequests, requestOf } from '../example-requests.ts';
import { adminBroker, openToAll } from '../harness.ts';

const word = fc.oneof(
  fc.constantFrom(
    'orders',
    'billing',
    'start',
    'end',
    '-1',
    '0',
    '@-1h',
    '0:0',
    'true',
    '',
    '.',
    '..',
    '__groups',
    'port',
  ),
  fc.string({ maxLength: 12, unit: 'binary' }),
  fc.integer().map(String),
);
const names = [
  ...new Set(operations.flatMap(({ query }) => Object.keys((query as { shape?: object } | undefined)?.shape ?? {}))),
];
const query = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), word), word), { maxLength: 3 });
const fields = [
  'name',
  'partitions',
  'configs',
  'records',
  'targets',
  'topics',
  'set',
  'unset',
  'value',
  'key',
  'execute',
];
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    word,
    fc.constantFrom(null, true, 0, -1, 3, 1e300, 2 ** 53),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...fields), word), tie('json'), { maxKeys: 4 }),
  ),
}));
const body = fc.oneof(
  json.map((value) => JSON.stringify(value)),
  word,
  fc.uint8Array({ maxLength: 40 }),
);
const header = fc.oneof(
  fc.tuple(
    fc.constant('content-type'),
    fc.constantFrom('application/json', 'application/x-ndjson', 'text/plain', 'a;b=c'),
  ),
  fc.tuple(
    fc.constant('accept'),
    fc.constantFrom('text/event-stream', 'application/x-ndjson', 'a/b', '*/*;q=0', ',;,', 'application/json;q=x'),
  ),
  fc.tuple(fc.constantFrom('last-event-id', 'content-encoding', 'x-y'), fc.constantFrom('0:1', '-', '9'.repeat(40))),
);
/** Mostly what the example has, so that what is wrong is reached through what is right. */
function seldom<T>(arbitrary: fc.Arbitrary<T>, oneIn: number): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND'];
const anyRequest = fc.record({
  operation: fc.constantFrom(...exampleRequests(operations)),
  params: seldom(fc.dictionary(fc.constantFrom('topic', 'group', 'name'), word), 4),
  method: seldom(fc.constantFrom(...methods), 10),
  query: seldom(query, 3),
  body: seldom(body, 6),
  /** One value of the example is another. */
  change: seldom(fc.tuple(fc.nat(), json), 2),
  headers: seldom(fc.array(header, { maxLength: 3 }), 8),
});

/** As JSON, with the value at some place replaced. */
function changed(value: unknown, [at, by]: [number, unknown]): unknown {
  if (typeof value !== 'object' || value === null) return by;
  const keys = Object.keys(value);
  const key = keys[at % (keys.length + 1)];
  if (key === undefined) return by;
  const inner = changed(Reflect.get(value, key), [Math.floor(at / (keys.length + 1)), by]);
  return Array.isArray(value) ? value.with(Number(key), inner) : { ...value, [key]: inner };
}

function wellFormed(params: Readonly<Record<string, string>> | null): Record<string, string> {
  return Object.fromEntries(Object.entries(params ?? {}).map(([name, value]) => [name, value.toWellFormed()]));
}

describe('any request', () => {
  it('O2 Z1 is answered, and never with a fault of the broker', async () => {
    const faults: unknown[] = [];
    const quiet = (): void => undefined;
    const logger: BrokerLogger = { debug: quiet, info: quiet, warn: quiet, error: (fault) => void faults.push(fault) };
    const admin = await adminBroker({
      ...openToAll,
      logger,
      limits: { partitionsMax: 100, partitionsPerTopicMax: 20 },
    });
    await admin.send('POST', '/api/v1/topics', { name: 'orders', partitions: 2 });
    await admin.send('POST', '/api/v1/topics/orders/records', { records: [{ value: 'a' }] });
    await fc.assert(
      fc.asyncProperty(
        anyRequest,
        async ({ operation: [operation, example], params, method, query: pairs, body: sent, change, headers }) => {
          const asked = { ...example, params: { ...example.params, ...wellFormed(params) } };
          const { path, init } = requestOf(operation, {
            ...asked,
            body: change === null ? asked.body : changed(asked.body, change),
          });
          const search =
            pairs === null ? '' : `${path.includes('?') ? '&' : '?'}${new URLSearchParams(pairs).toString()}`;
          const used = method ?? init.method!;
          const hasBody = used !== 'GET' && used !== 'HEAD' && init.body !== undefined;
          const stop = new AbortController();
          const response = await admin.ask(`${path}${search}`, {
            method: used,
            headers: headers ?? init.headers ?? {},
            signal: stop.signal,
            ...(hasBody && { body: (sent as string | null) ?? init.body! }),
          });
          const type = response.headers.get('content-type');
          const text =
            type === 'text/event-stream' || (type === 'application/x-ndjson' && response.ok)
              ? ''
              : await response.text();
          stop.abort();
          if (response.status >= 400 && used !== 'HEAD') {
            expect(type).toBe('application/problem+json');
            const { status, code, detail } = problemSchema.parse(JSON.parse(text));
            expect([status, code === 'UNKNOWN', detail.includes('node:')]).toEqual([response.status, false, false]);
          }
          expect([500, 501, 502]).not.toContain(response.status);
        },
      ),
      { numRuns: 400 },
    );
    expect(faults).toEqual([]);
    expect((await admin.ask('/readyz')).status).toBe(200);
  }, 60_000);
});
