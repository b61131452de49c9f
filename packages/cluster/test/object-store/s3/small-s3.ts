import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32c } from '@q/protocol';

/** What a store does wrong. */
export interface Wrongs {
  /** `If-None-Match` counts never, or not for two requests of a race that come at the same time. */
  readonly condition?: 'ignored' | 'raced';
  readonly ignoresRanges?: boolean;
  readonly ignoresChecksums?: boolean;
  /** Names are never listed. */
  readonly listsNothing?: boolean;
  /** What was deleted is there all the same. */
  readonly keepsDeleted?: boolean;
  /** Takes the place of every answer. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** The least that is a store of S3, over HTTP: one bucket, for the tests to break. */
export class SmallS3 implements AsyncDisposable {
  readonly objects = new Map<string, Buffer>();
  readonly #server: Server;
  readonly #waiting = new Map<string, ServerResponse>();
  wrongs: Wrongs = {};
  /** Requests that have come, `PUT /bucket/name`. */
  readonly requests: string[] = [];

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async start(): Promise<SmallS3> {
    const store = new SmallS3();
    store.#server.listen(0, '127.0.0.1');
    await once(store.#server, 'listening');
    return store;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.endpoint);
    this.requests.push(`${request.method} ${url.pathname}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.wrongs.answer !== undefined) return this.wrongs.answer(request, response);
    if (request.method === 'PUT') this.#put(request, response, { path: url.pathname, body: Buffer.concat(chunks) });
    else if (request.method === 'DELETE') this.#delete(response, url.pathname);
    else if (url.searchParams.has('list-type')) this.#list(response, url);
    else this.#get(request, response, url.pathname);
  }

  #put(request: IncomingMessage, response: ServerResponse, o: { readonly path: string; readonly body: Buffer }): void {
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32c(o.body) >>> 0);
    const claimed = request.headers['x-amz-checksum-crc32c'];
    if (this.wrongs.ignoresChecksums !== true && claimed !== undefined && claimed !== checksum.toString('base64'))
      return refuse(response, 400, 'BadDigest');
    const { condition } = this.wrongs;
    const isThere = this.objects.has(o.path);
    if (condition === 'raced' && !isThere && o.path.includes('race-')) return this.#meet(response, o);
    if (isThere && condition !== 'ignored' && request.headers['if-none-match'] === '*')
      return refuse(response, 412, 'PreconditionFailed');
    this.objects.set(o.path, o.body);
    response.end();
  }

  /** Two meet, each finds that the name is free, and each takes it. */
  #meet(response: ServerResponse, o: { readonly path: string; readonly body: Buffer }): void {
    const other = this.#waiting.get(o.path);
    if (other === undefined) return void this.#waiting.set(o.path, response);
    this.#waiting.delete(o.path);
    this.objects.set(o.path, o.body);
    other.end();
    response.end();
  }

  #delete(response: ServerResponse, path: string): void {
    if (this.wrongs.keepsDeleted !== true) this.objects.delete(path);
    response.writeHead(204).end();
  }

  #get(request: IncomingMessage, response: ServerResponse, path: string): void {
    const bytes = this.objects.get(path);
    if (bytes === undefined) return refuse(response, 404, 'NoSuchKey');
    const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
    if (range === null || this.wrongs.ignoresRanges === true) return void response.end(bytes);
    const [, first = '', last = ''] = range;
    const from = first === '' ? Math.max(0, bytes.length - Number(last)) : Number(first);
    if (from >= bytes.length) return refuse(response, 416, 'InvalidRange');
    const to = first === '' ? bytes.length - 1 : Math.min(Number(last), bytes.length - 1);
    response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${bytes.length}` });
    response.end(bytes.subarray(from, to + 1));
  }

  #list(response: ServerResponse, url: URL): void {
    const start = `${url.pathname.replace(/\/$/, '')}/`;
    const [prefix = '', after = ''] = ['prefix', 'start-after'].map((name) => url.searchParams.get(name) ?? '');
    const keys = [...this.objects.keys()].map((path) => path.slice(start.length)).toSorted();
    const found = keys.filter((key) => key.startsWith(prefix) && key > after);
    const shown = this.wrongs.listsNothing === true ? [] : found.slice(0, Number(url.searchParams.get('max-keys')));
    const contents = shown.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join('');
    const isTruncated = shown.length > 0 && shown.length < found.length;
    response.end(`<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${contents}</ListBucketResult>`);
  }
}

/** An answer as S3 writes it. */
export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message = `${code}, as the test has it`,
): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}
