import type { S3Client } from '@aws-sdk/client-s3';
import { crc32c } from '@q/protocol';
import type { Clock } from '@q/storage';
import { clusterLimits } from '../../limits.ts';
import { CallsUnderWay } from '../calls-under-way.ts';
import { checkCreate, checkList, checkRange, checkRead, isObjectName } from '../check-call.ts';
import type {
  CallOptions,
  CreateResult,
  DeleteResult,
  GetResult,
  ListOptions,
  ListResult,
  ObjectPart,
  ObjectStore,
  RangeResult,
  StoreFault,
} from '../object-store.ts';
import { collectBody, isBodyStream } from './body.ts';
import { parseContentRange, rangeHeader } from './content-range.ts';
import { openS3Clients, secretsOf } from './s3-clients.ts';
import type { S3Clients, S3Library } from './s3-clients.ts';
import { s3Failure } from './s3-fault.ts';
import type { S3Failure } from './s3-fault.ts';
import type { S3Settings } from './s3-settings.ts';

interface S3Call {
  readonly library: S3Library;
  readonly client: S3Client;
  readonly signal: AbortSignal;
}

/**
 * Objects in a bucket of a store that speaks S3. `create` is a PUT with `If-None-Match: *`, which is safe only where
 * the store honours it for concurrent requests, too: `checkStore` finds out. Several endpoints are asked in turn.
 */
export class S3ObjectStore implements ObjectStore {
  readonly description: string;
  readonly #settings: S3Settings;
  readonly #calls: CallsUnderWay;
  #clients: Promise<S3Clients> | null = null;
  #turn = 0;

  constructor(settings: S3Settings, o: { readonly clock: Pick<Clock, 'schedule'> }) {
    this.#settings = settings;
    this.#calls = new CallsUnderWay(o.clock);
    const where = settings.endpoints.length === 0 ? '' : ` at ${settings.endpoints.join(', ')}`;
    this.description = `s3://${settings.bucket}${settings.prefix === '' ? '' : `/${settings.prefix}`}${where}`;
  }

  async create(name: string, body: Buffer, options: CallOptions): Promise<CreateResult> {
    checkCreate(name, body, options);
    return await this.createWithChecksum(name, body, { ...options, checksum: crc32c(body) });
  }

  /** Whether a CRC-32C goes with each object. */
  get hasChecksums(): boolean {
    return this.#settings.hasChecksums;
  }

  /** As `create`, with a CRC-32C that may be wrong: to find out whether the store looks at it. */
  async createWithChecksum(
    name: string,
    body: Buffer,
    options: CallOptions & { readonly checksum: number },
  ): Promise<CreateResult> {
    checkCreate(name, body, options);
    return await this.#calls.run<CreateResult>(options, {
      failed: (fault) => ({ outcome: 'unknown', fault }),
      unsent: (fault) => ({ outcome: 'refused', fault }),
      begin: (signal) =>
        this.#ask<CreateResult>(signal, {
          send: ({ library, client }) => this.#put({ library, client, signal }, { name, body, ...options }),
          failed: ({ fault, status, isCertain }) =>
            status === 412 ? { outcome: 'taken' } : { outcome: isCertain ? 'refused' : 'unknown', fault },
        }),
    });
  }

  async get(name: string, options: CallOptions): Promise<GetResult> {
    checkRead(name, options);
    return await this.#calls.run<GetResult>(options, {
      failed,
      begin: (signal) =>
        this.#ask<GetResult>(signal, {
          failed: (failure) => absentOr(failure),
          send: async ({ library, client }) => {
            const command = new library.GetObjectCommand(this.#at(name));
            const answer = await client.send(command, { abortSignal: signal });
            const bytes = await collectBody(answer.Body, { sizeBytes: answer.ContentLength, signal });
            return Buffer.isBuffer(bytes) ? { outcome: 'found', bytes } : failed(bytes);
          },
        }),
    });
  }

  async range(name: string, part: ObjectPart, options: CallOptions): Promise<RangeResult> {
    checkRange(name, part, options);
    return await this.#calls.run<RangeResult>(options, {
      failed,
      begin: (signal) =>
        this.#ask<RangeResult>(signal, {
          failed: (failure) => (failure.status === 416 ? { outcome: 'beyond' } : absentOr(failure)),
          send: (call) => this.#range(call, name, part),
        }),
    });
  }

  async delete(name: string, options: CallOptions): Promise<DeleteResult> {
    checkRead(name, options);
    return await this.#calls.run<DeleteResult>(options, {
      failed,
      begin: (signal) =>
        this.#ask<DeleteResult>(signal, {
          failed: (failure) => (isAbsent(failure) ? { outcome: 'deleted' } : failed(failure.fault)),
          send: async ({ library, client }) => {
            await client.send(new library.DeleteObjectCommand(this.#at(name)), { abortSignal: signal });
            return { outcome: 'deleted' };
          },
        }),
    });
  }

  async list(prefix: string, options: ListOptions): Promise<ListResult> {
    checkList(prefix, options);
    return await this.#calls.run<ListResult>(options, {
      failed,
      begin: (signal) =>
        this.#ask<ListResult>(signal, {
          failed: ({ fault }) => failed(fault),
          send: (call) => this.#list(call, prefix, options),
        }),
    });
  }

  async close(): Promise<void> {
    this.#calls.close();
    const opened = await this.#clients?.catch(() => null);
    for (const client of opened?.clients ?? []) client.destroy();
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Asks the next endpoint. */
  async #ask<T>(
    signal: AbortSignal,
    o: { readonly send: (call: S3Call) => Promise<T>; readonly failed: (failure: S3Failure) => T },
  ): Promise<T> {
    const { library, clients } = await (this.#clients ??= openS3Clients(this.#settings));
    const client = clients[this.#turn++ % clients.length] as S3Client;
    try {
      return await o.send({ library, client, signal });
    } catch (error) {
      // Whoever has given up does not wait for credentials once more.
      return o.failed(s3Failure(error, signal.aborted ? [] : await secretsOf(client)));
    }
  }

  #at(name: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#settings.bucket, Key: this.#keyOf(name) };
  }

  #keyOf(name: string): string {
    return this.#settings.prefix === '' ? name : `${this.#settings.prefix}/${name}`;
  }

  async #put(
    { library, client, signal }: S3Call,
    { name, body, checksum }: { readonly name: string; readonly body: Buffer; readonly checksum: number },
  ): Promise<CreateResult> {
    const command = new library.PutObjectCommand({
      ...this.#at(name),
      Body: body,
      ContentLength: body.length,
      IfNoneMatch: '*',
      ...(this.#settings.hasChecksums ? { ChecksumCRC32C: checksumText(checksum) } : {}),
    });
    await client.send(command, { abortSignal: signal });
    return { outcome: 'created' };
  }

  async #range({ library, client, signal }: S3Call, name: string, part: ObjectPart): Promise<RangeResult> {
    const command = new library.GetObjectCommand({ ...this.#at(name), Range: rangeHeader(part) });
    const { Body, ContentRange, ContentLength } = await client.send(command, { abortSignal: signal });
    const range = parseContentRange(ContentRange);
    if (range === null || !isWhatWasAsked(range, part)) {
      if (isBodyStream(Body)) Body.destroy();
      // Some stores have no refusal for the last bytes of an object that has none.
      if (ContentRange === undefined && ContentLength === 0) return { outcome: 'beyond' };
      const got = ContentRange === undefined ? 'the whole object' : ContentRange;
      return failed({ kind: 'bad_answer', message: `the store was asked for ${rangeHeader(part)} and gave ${got}` });
    }
    const bytes = await collectBody(Body, { sizeBytes: range.length, signal });
    const { position, sizeBytes } = range;
    return Buffer.isBuffer(bytes) ? { outcome: 'found', bytes, position, sizeBytes } : failed(bytes);
  }

  async #list({ library, client, signal }: S3Call, prefix: string, options: ListOptions): Promise<ListResult> {
    const { after, namesMax = clusterLimits.namesListedMax } = options;
    const start = this.#keyOf('');
    for (let from = after === undefined ? undefined : this.#keyOf(after); ;) {
      const { Contents = [], IsTruncated } = await client.send(
        new library.ListObjectsV2Command({
          Bucket: this.#settings.bucket,
          Prefix: this.#keyOf(prefix),
          MaxKeys: namesMax,
          ...(from === undefined ? {} : { StartAfter: from }),
        }),
        { abortSignal: signal },
      );
      const keys = Contents.map(({ Key = '' }) => Key);
      const names = keys.filter((key) => key.startsWith(start)).map((key) => key.slice(start.length));
      const ours = names.filter(isObjectName);
      const isMore = IsTruncated === true;
      // Whoever lists goes on behind the last name, so an answer with more behind it has one.
      if (ours.length > 0 || !isMore) return { outcome: 'listed', names: ours, isMore };
      const last = keys.at(-1);
      if (last === undefined || last === from)
        return failed({ kind: 'bad_answer', message: 'the store says that there are more names, and gives none' });
      from = last;
    }
  }
}

function checksumText(checksum: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(checksum >>> 0);
  return bytes.toString('base64');
}

function isWhatWasAsked(
  range: { readonly position: number; readonly length: number; readonly sizeBytes: number },
  part: ObjectPart,
): boolean {
  const { position, length, sizeBytes } = range;
  const isAtEnd = position + length === sizeBytes;
  if ('lastBytes' in part) return isAtEnd && length === Math.min(part.lastBytes, sizeBytes);
  return position === part.position && (length === part.length || (length < part.length && isAtEnd));
}

function isAbsent({ status, code }: S3Failure): boolean {
  return status === 404 && code !== 'NoSuchBucket';
}

function absentOr(
  failure: S3Failure,
): { readonly outcome: 'absent' } | { readonly outcome: 'failed'; readonly fault: StoreFault } {
  return isAbsent(failure) ? { outcome: 'absent' } : failed(failure.fault);
}

function failed(fault: StoreFault): { readonly outcome: 'failed'; readonly fault: StoreFault } {
  return { outcome: 'failed', fault };
}
