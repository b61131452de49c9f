import { nodeClock } from '@q/storage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ObjectStore } from '../../../src/object-store/object-store.ts';
import { openObjectStore } from '../../../src/object-store/open-object-store.ts';
import { objectStoreConformance } from '../conformance.ts';
import { refuse, SmallS3 } from './small-s3.ts';
import type { Wrongs } from './small-s3.ts';

const call = { timeoutMs: 10_000 };
const secret = 'this-is-the-secret-key';
let server: SmallS3;

beforeEach(async () => {
  server = await SmallS3.start();
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key-id');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret);
  vi.stubEnv('AWS_SESSION_TOKEN', 'this-is-the-token');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
});

function open(more = ''): ObjectStore {
  return openObjectStore(`s3://bucket/some/prefix?endpoint=${server.endpoint}${more}`, { clock: nodeClock });
}

async function createWith(answer: NonNullable<Wrongs['answer']>): Promise<unknown> {
  server.wrongs = { answer };
  await using store = open();
  return await store.create('a', Buffer.from('123456789'), call);
}

const refused = (kind: string): object => ({ outcome: 'refused', fault: { kind } });
const unknown = (kind: string): object => ({ outcome: 'unknown', fault: { kind } });

describe('a store that speaks S3', () => {
  objectStoreConformance(() => Promise.resolve(open()));
});

describe('what a store that speaks S3 answers to a PUT', () => {
  it.each([
    [409, 'ConditionalRequestConflict', unknown('conflict')],
    [500, 'InternalError', unknown('server')],
    [503, 'SlowDown', unknown('throttled')],
    [503, 'ServiceUnavailable', unknown('server')],
    [429, 'TooManyRequests', unknown('throttled')],
    [408, 'Timeout', unknown('timeout')],
    [400, 'RequestTimeout', unknown('timeout')],
    [400, 'ExpiredToken', refused('denied')],
    [400, 'InvalidArgument', refused('rejected')],
    [403, 'AccessDenied', refused('denied')],
    [404, 'NoSuchBucket', refused('no_store')],
    [501, 'NotImplemented', refused('rejected')],
    [301, 'PermanentRedirect', refused('rejected')],
  ])('B7 %i %s: %o', async (status, code, result) => {
    expect(await createWith((_request, response) => refuse(response, status, code))).toMatchObject(result);
  });

  it('B7 412 is taken, and one request is one request', async () => {
    expect(await createWith((_request, response) => refuse(response, 412, 'PreconditionFailed'))).toEqual({
      outcome: 'taken',
    });
    await createWith((_request, response) => refuse(response, 503, 'SlowDown'));
    expect(server.requests).toEqual(['PUT /bucket/some/prefix/a', 'PUT /bucket/some/prefix/a']);
  });

  it('B7 a connection that breaks leaves it open, and none at all does not', async () => {
    expect(await createWith((request) => void request.socket.destroy())).toMatchObject(unknown('unreachable'));
    await using store = openObjectStore('s3://bucket?endpoint=http://127.0.0.1:1', { clock: nodeClock });
    expect(await store.create('a', Buffer.from('x'), call)).toMatchObject(refused('unreachable'));
  });

  it('B7 no answer in time, or a caller who gives up, leaves it open', async () => {
    server.wrongs = { answer: () => undefined };
    await using store = open();
    expect(await store.create('a', Buffer.from('x'), { timeoutMs: 300 })).toMatchObject(unknown('timeout'));
    const abort = new AbortController();
    server.wrongs = { answer: () => abort.abort() };
    const options = { ...call, signal: abort.signal };
    expect(await store.create('a', Buffer.from('x'), options)).toMatchObject(unknown('aborted'));
  });

  it('B7 sends a large body at once', async () => {
    let expects: string | undefined = 'nothing came';
    server.wrongs = { answer: (request, response) => void ((expects = request.headers.expect), response.end()) };
    await using store = open();
    await store.create('a', Buffer.alloc(4_000_000), call);
    expect(expects).toBeUndefined();
  });

  it('B7 is asked with the condition, the checksum and the whole body', async () => {
    let headers: Readonly<Record<string, unknown>> = {};
    await createWith((request, response) => {
      headers = request.headers;
      response.end();
    });
    expect(headers).toMatchObject({
      'if-none-match': '*',
      'content-length': '9',
      'x-amz-checksum-crc32c': '4waSgw==',
    });
    expect(headers['transfer-encoding']).toBeUndefined();
    await using store = open('&checksums=off');
    await store.create('a', Buffer.from('x'), call);
    expect(Object.keys(headers).filter((name) => /checksum-crc|trailer/.test(name))).toEqual([]);
  });
});

describe('what a store that speaks S3 answers to a GET', () => {
  it('B7 bytes that end early, or are too many, are not given', async () => {
    await using store = open();
    server.wrongs = {
      answer: (_request, response) => {
        response.writeHead(200, { 'content-length': '10' });
        response.write('12345', () => response.destroy());
      },
    };
    expect(await store.get('a', call)).toMatchObject({ outcome: 'failed', fault: { kind: 'unreachable' } });
    server.wrongs = {
      answer: (_request, response) => response.writeHead(200, { 'content-length': '99999999999' }).flushHeaders(),
    };
    expect(await store.get('a', call)).toMatchObject({ outcome: 'failed', fault: { kind: 'too_large' } });
  });

  it('B7 a part that was not asked for is not taken for the part', async () => {
    await using store = open();
    await store.create('a', Buffer.from('0123456789'), call);
    const wrong = { outcome: 'failed', fault: { kind: 'bad_answer' } };
    server.wrongs = { ignoresRanges: true };
    expect(await store.range('a', { position: 0, length: 3 }, call)).toMatchObject(wrong);
    server.wrongs = {
      answer: (_request, response) => void response.writeHead(206, { 'content-range': 'bytes 1-3/10' }).end('123'),
    };
    expect(await store.range('a', { position: 0, length: 3 }, call)).toMatchObject(wrong);
    expect(await store.range('a', { position: 1, length: 4 }, call)).toMatchObject(wrong);
    expect(await store.range('a', { position: 1, length: 3 }, call)).toMatchObject({ outcome: 'found' });
  });

  it('B7 a body that hangs ends with the time of the call', async () => {
    server.wrongs = {
      answer: (_request, response) => void response.writeHead(200, { 'content-length': '10' }).write('1'),
    };
    await using store = open();
    expect(await store.get('a', { timeoutMs: 300 })).toMatchObject({ outcome: 'failed', fault: { kind: 'timeout' } });
  });

  it('B7 a missing bucket is no missing object', async () => {
    server.wrongs = { answer: (_request, response) => refuse(response, 404, 'NoSuchBucket') };
    await using store = open();
    expect(await store.get('a', call)).toMatchObject({ outcome: 'failed', fault: { kind: 'no_store' } });
  });
});

describe('a store that speaks S3, its bucket and its addresses', () => {
  it('lists what others have put there neither as names nor as an end', async () => {
    await using store = open();
    for (let n = 0; n < 5; n += 1) server.objects.set(`/bucket/some/prefix/a/FOREIGN ${n}`, Buffer.alloc(0));
    await store.create('a/1', Buffer.from('x'), call);
    await store.create('b/1', Buffer.from('x'), call);
    expect(await store.list('', { ...call, namesMax: 1 })).toEqual({ outcome: 'listed', names: ['a/1'], isMore: true });
    expect(await store.list('a/', call)).toEqual({ outcome: 'listed', names: ['a/1'], isMore: false });
  });

  it('asks each endpoint in turn', async () => {
    await using other = await SmallS3.start();
    await using store = open(`&endpoint=${other.endpoint}`);
    for (let n = 0; n < 4; n += 1) await store.get('a', call);
    expect([server.requests.length, other.requests.length]).toEqual([2, 2]);
  });

  it('A2, SEC-15: tells no secret, whatever a store echoes, and nothing that moves a cursor', async () => {
    const echo = `${secret} this-is-the-token \u001B[31m&#27;[31mred`;
    const result = await createWith((_request, response) => refuse(response, 400, 'Weird', echo));
    expect(JSON.stringify(result)).not.toMatch(/this-is-the|\\u001b/i);
    expect(result).toMatchObject({ fault: { message: expect.stringContaining('Weird: *** ***') } });
  });

  it('says that no region is known', async () => {
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    vi.stubEnv('AWS_REGION', undefined);
    await using store = openObjectStore('s3://bucket', { clock: nodeClock });
    expect(await store.create('a', Buffer.from('x'), call)).toEqual({
      outcome: 'refused',
      fault: { kind: 'rejected', message: 'no region is known: set AWS_REGION, or add region=… to the URL' },
    });
  });

  it('A2 says that there are no credentials', async () => {
    vi.unstubAllEnvs();
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
    await using store = open();
    expect(await store.create('a', Buffer.from('x'), call)).toMatchObject(refused('denied'));
    expect(server.requests).toEqual([]);
  });
});
