import type { IncomingMessage } from 'node:http';
import type { ConnectOptions } from '@q/client';
import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { formatDuration } from '../output/units.ts';
import type { AdminAddress } from './admin-address.ts';
import { readEvents } from './event-stream.ts';
import type { AdminEvent } from './event-stream.ts';
import { exchange, NoAnswer } from './http-exchange.ts';
import { refusal } from './problem.ts';
import { authorization } from './authorization.ts';
import { tlsFailure } from '../secure/connection-failure.ts';

export type { AdminEvent } from './event-stream.ts';

/** One request of the admin API. */
export interface AdminRequest {
  /** Such as `/api/v1/topics`. */
  readonly path: string;
  /** Default: GET, and POST with a body. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** What is undefined is left out; a list is given name by name. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent byte for byte. Not with `body`. */
  readonly bytes?: AsyncIterable<Uint8Array>;
  /** For what is known to take long. Default: `--timeout`, or 30 s; of a stream, until it begins. */
  readonly timeoutMs?: number;
}

const timeoutDefaultMs = 30_000;
/** Of an answer that is read as a whole; longer ones stream. */
const jsonBytesMax = 64 << 20;
const problemBytesMax = 64 << 10;

/** The admin API of one broker. Every method throws CommandError when it cannot be reached, or refuses. */
export class AdminApi {
  readonly #address: AdminAddress;
  readonly #signal: AbortSignal;
  readonly #timeoutMs: number;
  readonly #security: Pick<ConnectOptions, 'tls' | 'login'>;

  constructor(o: {
    address: AdminAddress;
    signal: AbortSignal;
    timeoutMs?: number;
    security?: Pick<ConnectOptions, 'tls' | 'login'>;
  }) {
    this.#address = o.address;
    this.#security = o.security ?? {};
    this.#signal = o.signal;
    this.#timeoutMs = o.timeoutMs ?? timeoutDefaultMs;
  }

  get url(): string {
    return this.#address.url;
  }

  /** The answer as JSON; undefined when it is empty. */
  async json<T>(request: AdminRequest): Promise<T> {
    const timeoutMs = request.timeoutMs ?? this.#timeoutMs;
    const answer = await this.#send(request, 'application/json');
    const text = await this.#text(answer, { bytesMax: jsonBytesMax, timeoutMs });
    if (text === '') return undefined as T;
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw this.#failure('what it answers is not JSON', error);
    }
  }

  /** Server-sent events, one by one, until the broker ends them or the loop is left. */
  async *events(request: AdminRequest): AsyncGenerator<AdminEvent, void, undefined> {
    const answer = await this.#send(request, 'text/event-stream');
    try {
      yield* readEvents(answer);
    } catch (error) {
      throw this.#failure('the stream broke off', error);
    } finally {
      answer.destroy();
    }
  }

  /** The bytes of the answer as they come. */
  async *content(request: AdminRequest): AsyncGenerator<Buffer, void, undefined> {
    const answer = await this.#send(request, '*/*');
    try {
      yield* answer as AsyncIterable<Buffer>;
    } catch (error) {
      throw this.#failure('the answer broke off', error);
    } finally {
      answer.destroy();
    }
  }

  async #send(request: AdminRequest, accept: string): Promise<IncomingMessage> {
    const { bytes, body } = request;
    const { tls } = this.#security;
    const method = request.method ?? (body === undefined && bytes === undefined ? 'GET' : 'POST');
    const timeoutMs = request.timeoutMs ?? this.#timeoutMs;
    const headers: Record<string, string> = { accept, 'user-agent': 'q-cli', ...(await this.#whoAsks()) };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (bytes !== undefined) headers['content-type'] = 'application/octet-stream';
    const answer = await exchange({
      method,
      url: this.#urlOf(request),
      headers,
      body: bytes ?? (body === undefined ? null : JSON.stringify(body)),
      timeoutMs,
      tls: typeof tls === 'object' ? tls : null,
      signal: this.#signal,
    }).catch(async (error: unknown) => {
      throw await this.#unreachable(error, timeoutMs);
    });
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    const text = await this.#text(answer, { bytesMax: problemBytesMax, timeoutMs });
    const type = answer.headers['content-type'] ?? '';
    throw await refusal({
      status,
      isProblem: type.includes('problem+json'),
      text,
      what: `${method} ${this.url}${request.path}`,
    });
  }

  /** @throws CommandError where the password would be told to whoever listens on the way */
  async #whoAsks(): Promise<Record<string, string>> {
    const { login } = this.#security;
    if (login === undefined) return {};
    const url = new URL(this.url);
    if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
      const what = login.mechanism === 'OAUTHBEARER' ? 'token' : 'password';
      throw new CommandError(ExitCode.failure, `${this.url} is not encrypted, and would be told your ${what}`, {
        hint: 'name an address with https:// with --admin-url; tlsCertFile and tlsKeyFile of the broker open one',
      });
    }
    return { authorization: await authorization(login) };
  }

  #urlOf({ path, query = {} }: AdminRequest): URL {
    const url = new URL(`${this.url}${path}`);
    for (const [name, value] of Object.entries(query))
      for (const each of Array.isArray(value) ? (value as string[]) : [value])
        if (each !== undefined) url.searchParams.append(name, String(each));
    return url;
  }

  async #text(answer: IncomingMessage, o: { bytesMax: number; timeoutMs: number }): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => answer.destroy(new NoAnswer('it did not end')), o.timeoutMs);
    try {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > o.bytesMax) throw new Error(`it has more than ${o.bytesMax} bytes`);
        chunks.push(chunk);
      }
    } catch (error) {
      throw error instanceof NoAnswer
        ? await this.#unreachable(error, o.timeoutMs)
        : this.#failure('the answer broke off', error);
    } finally {
      clearTimeout(timer);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  async #unreachable(error: unknown, timeoutMs: number): Promise<Error> {
    if (this.#signal.aborted) return error as Error;
    const { origin, hint, url } = this.#address;
    const place = origin === '' ? url : `${url} (${origin})`;
    if (error instanceof NoAnswer) {
      const message = `the admin interface at ${place} gave no answer within ${formatDuration(timeoutMs)}`;
      return new CommandError(ExitCode.timeout, message, { cause: error, hint: 'give it longer with --timeout' });
    }
    const refused = await tlsFailure(error, {
      place: new URL(url).host,
      portDefault: url.startsWith('https:') ? 443 : 80,
      what: 'the admin interface',
      isEncrypted: url.startsWith('https:'),
      schemes: ['http', 'https'],
    });
    if (refused !== null) return new CommandError(ExitCode.failure, refused, { cause: error });
    const { code = '', message } = firstOf(error);
    const reason = code.startsWith('HPE_') ? 'what answers there does not speak HTTP' : message;
    return new CommandError(ExitCode.failure, `no admin interface at ${place}: ${reason}`, { cause: error, hint });
  }

  #failure(what: string, error: unknown): Error {
    if (this.#signal.aborted) return error as Error;
    return new CommandError(
      ExitCode.failure,
      `the admin interface at ${this.url}: ${what}: ${firstOf(error).message}`,
      {
        cause: error,
      },
    );
  }
}

/** Packets to it leave the machine at no time. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** Of a name with several addresses Node tells the failure of each, and of all together nothing. */
function firstOf(error: unknown): NodeJS.ErrnoException {
  if (error instanceof AggregateError && error.errors.length > 0) return firstOf(error.errors[0]);
  return error instanceof Error ? error : new Error(String(error));
}
