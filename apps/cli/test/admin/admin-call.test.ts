import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createPlainServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { startBroker } from '@q/broker';
import { afterEach, describe, expect, it } from 'vitest';
import { withAdmin } from '../../src/admin-call.ts';
import type { AdminApi } from '../../src/admin/admin-api.ts';
import type { CommandContext, GlobalOptions } from '../../src/command-context.ts';
import { CommandError } from '../../src/command-error.ts';

const closers: (() => void | Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(listener: (...args: Parameters<RequestListener>) => unknown): Promise<string> {
  const server = createServer((request, response) => void listener(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function freePort(): Promise<number> {
  const server = createPlainServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function call<T>(
  options: Partial<GlobalOptions>,
  command: (admin: AdminApi) => Promise<T>,
  interrupt: AbortSignal = new AbortController().signal,
): Promise<T> {
  const context: CommandContext = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    interrupt,
  };
  return withAdmin(context, { url: 'q://127.0.0.1:1', timeout: 2000, ...options }, command);
}

/** What the command fails with. */
async function failure(
  options: Partial<GlobalOptions>,
  command: (admin: AdminApi) => Promise<unknown> = (admin) => admin.json({ path: '/api/v1/topics' }),
): Promise<Pick<CommandError, 'exitCode' | 'code' | 'message' | 'hint'>> {
  const error = await call(options, command).then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CommandError);
  return error as CommandError;
}

const answer =
  (status: number, type: string, body: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': type }).end(body);

describe('the admin API from the command line', () => {
  it('O2 asks with a query, sends JSON, and gives the JSON of the answer', async () => {
    const seen: unknown[] = [];
    const adminUrl = await serve(async (request: IncomingMessage, response: ServerResponse) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      seen.push([request.method, request.url, request.headers['content-type'], body]);
      response.end('{"answer":42}');
    });
    const ask = (request: Parameters<AdminApi['json']>[0]): Promise<unknown> =>
      call({ adminUrl: `${adminUrl}/` }, (admin) => admin.json(request));
    expect(
      await ask({ path: '/api/v1/logs', query: { level: 'warn', lines: 5, none: undefined, event: ['a', 'b'] } }),
    ).toEqual({
      answer: 42,
    });
    await ask({ path: '/api/v1/reload', body: { dryRun: true } });
    await ask({ path: '/api/v1/topics/x', method: 'DELETE' });
    expect(seen).toEqual([
      ['GET', '/api/v1/logs?level=warn&lines=5&event=a&event=b', undefined, ''],
      ['POST', '/api/v1/reload', 'application/json', '{"dryRun":true}'],
      ['DELETE', '/api/v1/topics/x', undefined, ''],
    ]);
  });

  it('O2 turns problems into errors of the command line, with their exit codes', async () => {
    const cases = [
      [404, { title: 'Not found', detail: 'there is no topic "x".', code: 'UNKNOWN_TOPIC' }, 3],
      [401, { title: 'Log in first' }, 5],
      [504, { detail: 'the broker took too long' }, 4],
      [409, { detail: 'it changed meanwhile', hint: 'read it again' }, 1],
      [503, { code: 'A_NEWER_CODE', detail: 'what?' }, 1],
    ] as const;
    for (const [status, problem, exitCode] of cases) {
      const adminUrl = await serve(answer(status, 'application/problem+json', JSON.stringify(problem)));
      const failed = await failure({ adminUrl });
      expect(failed).toMatchObject({
        exitCode,
        code: 'code' in problem ? problem.code : null,
        message: ('detail' in problem ? problem.detail : problem.title).replace(/\.$/, ''),
      });
    }
    const adminUrl = await serve(answer(404, 'application/problem+json', '{"code":"UNKNOWN_TOPIC","detail":"x"}'));
    expect((await failure({ adminUrl })).hint).toMatch(/topic/);
  });

  it('O2 says that an older broker does not know what is asked', async () => {
    const adminUrl = await serve(answer(404, 'application/json', '{"error":"there is nothing at /api/v1/topics"}'));
    expect(await failure({ adminUrl })).toMatchObject({
      exitCode: 1,
      message: `GET ${adminUrl}/api/v1/topics: there is nothing at /api/v1/topics`,
      hint: expect.stringContaining('same version') as string,
    });
  });

  it('O2 says which address was tried, who named it, and how to name another', async () => {
    const port = await freePort();
    expect(await failure({ adminUrl: `http://127.0.0.1:${port}` })).toMatchObject({
      exitCode: 1,
      message: `no admin interface at http://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
      hint: 'name another address with --admin-url or Q_ADMIN_URL',
    });
    const guessed = await failure({ url: 'q://127.0.0.2:7420', timeout: 200 });
    expect(guessed.message).toMatch(
      /http:\/\/127\.0\.0\.2:7421 \(the usual port of the host in q:\/\/127\.0\.0\.2:7420, where no broker answers\)/,
    );
    expect(guessed.hint).toContain('adminPort');
    // Beside a port of its own, the usual one would be another broker's.
    expect(await failure({ url: `q://localhost:${port}`, timeout: 200 })).toMatchObject({
      message: `no broker answers at q://localhost:${port} to say where its admin interface is`,
      hint: expect.stringContaining('--admin-url') as string,
    });
    expect(await failure({ adminUrl: 'localhost:7421' })).toMatchObject({
      exitCode: 2,
      message: '--admin-url: "localhost:7421" is not an address such as http://localhost:7421',
    });
  });

  it('O2 says so when something else answers there', async () => {
    const server = createPlainServer((socket) => void socket.end('HELLO 1\r\n')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect((await failure({ adminUrl: `http://127.0.0.1:${port}` })).message).toContain('does not speak HTTP');
    const adminUrl = await serve(answer(200, 'text/html', '<html>'));
    expect((await failure({ adminUrl })).message).toContain('is not JSON');
  });

  it('O2 gives up in time', async () => {
    const adminUrl = await serve(() => undefined);
    expect(await failure({ adminUrl, timeout: 50 })).toMatchObject({
      exitCode: 4,
      message: `the admin interface at ${adminUrl} gave no answer within 50 ms`,
    });
    const halfway = await serve((_request, response) => void response.writeHead(200).write('{"a'));
    expect(await failure({ adminUrl: halfway, timeout: 50 })).toMatchObject({ exitCode: 4 });
  });

  it('O2 asks the broker where its admin interface is', async () => {
    await using broker = await startBroker({ storage: 'memory', port: 0, admin: { port: 0 } });
    expect(await call({ url: broker.url }, (admin) => admin.json({ path: '/healthz' }))).toEqual({ status: 'alive' });
    await using mute = await startBroker({ storage: 'memory', port: 0, admin: false });
    expect((await failure({ url: mute.url })).message).toContain('tells of no admin interface');
  });

  it('A1, O2 says so when the broker answers, and does not tell this user where its admin interface is', async () => {
    await using broker = await startBroker({
      storage: 'memory',
      admin: { port: 0 },
      security: { mechanisms: ['SCRAM-SHA-512'] },
      listeners: [{ name: 'inside', protocol: 'native', port: 0, authentication: 'none' }],
    });
    expect(await failure({ url: broker.url })).toMatchObject({
      exitCode: 5,
      code: 'NOT_AUTHORIZED',
      message: expect.stringMatching(/may not ask the broker at .* where its admin interface is/) as string,
      hint: expect.stringContaining('--admin-url') as string,
    });
  });
});

describe('streams of the admin API', () => {
  const read = async (adminUrl: string, count: number): Promise<unknown[]> =>
    call({ adminUrl }, async (admin) => {
      const events = [];
      for await (const event of admin.events({ path: '/api/v1/logs', query: { follow: true } })) {
        events.push(event);
        if (events.length === count) break;
      }
      return events;
    });

  it('O2 come event by event, however they are cut', async () => {
    const text = 'id: 1\nevent: line\ndata: {"a":"é"}\n\n: heartbeat\n\ndata: two\ndata: lines\n\n';
    const bytes = Buffer.from(text);
    const adminUrl = await serve(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const byte of bytes) response.write(Buffer.of(byte));
      response.end();
    });
    expect(await read(adminUrl, 9)).toEqual([
      { event: 'line', data: '{"a":"é"}', id: '1' },
      { event: '', data: 'two\nlines', id: null },
    ]);
  });

  it('O2 are closed when the loop is left, and by Ctrl-C', async () => {
    let isOpen = 0;
    const adminUrl = await serve((request, response) => {
      isOpen += 1;
      request.on('close', () => (isOpen -= 1));
      response.writeHead(200).write('data: 1\n\n');
    });
    expect(await read(adminUrl, 1)).toHaveLength(1);
    await expect.poll(() => isOpen).toBe(0);
    const interrupt = new AbortController();
    const following = call(
      { adminUrl },
      async (admin) => {
        for await (const _event of admin.events({ path: '/' })) interrupt.abort();
      },
      interrupt.signal,
    );
    await expect(following).rejects.toThrow(/abort/i);
    await expect.poll(() => isOpen).toBe(0);
  });

  it('O2 give the bytes of an answer as they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    const adminUrl = await serve((_request, response) => void response.end(bytes));
    const content = await call({ adminUrl }, async (admin) => {
      const chunks: Buffer[] = [];
      for await (const chunk of admin.content({ path: '/backup' })) chunks.push(chunk);
      return chunks;
    });
    expect(Buffer.concat(content).equals(bytes)).toBe(true);
  });
});
