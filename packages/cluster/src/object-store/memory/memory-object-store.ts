import type { Clock } from '@q/storage';
import { clusterLimits } from '../../limits.ts';
import { CallsUnderWay } from '../calls-under-way.ts';
import { checkCreate, checkList, checkRange, checkRead } from '../check-call.ts';
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
import { placeOf } from '../object-part.ts';
import type { MemoryBucket } from './memory-bucket.ts';
import type { RequestFate } from './weather.ts';

/** What gets through between one process and the bucket: all; requests, but no answers; or nothing. */
export type Passage = 'open' | 'requests only' | 'closed';

interface Request<T> {
  /** Does what the request says, when it arrives. */
  readonly apply: (fate: RequestFate) => T;
  readonly failed: (fault: StoreFault) => T;
}

/** One process's way to a bucket in memory. Closing it takes back nothing that was sent. */
export class MemoryObjectStore implements ObjectStore {
  readonly description = 'memory:';
  readonly #bucket: MemoryBucket;
  readonly #calls: CallsUnderWay;
  /** May change at any time, and counts for what is sent and answered from then on. */
  passage: Passage = 'open';

  /** `clock`: of the process that uses it, for its time-outs. */
  constructor(bucket: MemoryBucket, o: { readonly clock: Pick<Clock, 'schedule'> }) {
    this.#bucket = bucket;
    this.#calls = new CallsUnderWay(o.clock);
  }

  async create(name: string, body: Buffer, options: CallOptions): Promise<CreateResult> {
    checkCreate(name, body, options);
    // A request that arrives late, or twice, has the bytes of now.
    const bytes = Buffer.from(body);
    return await this.#ask<CreateResult>(options, {
      apply: () => ({ outcome: this.#bucket.put(name, bytes) ? 'created' : 'taken' }),
      failed: (fault) => ({ outcome: 'unknown', fault }),
      unsent: (fault) => ({ outcome: 'refused', fault }),
    });
  }

  async get(name: string, options: CallOptions): Promise<GetResult> {
    checkRead(name, options);
    return await this.#ask<GetResult>(options, {
      apply: () => {
        const bytes = this.#bucket.peek(name);
        return bytes === undefined ? { outcome: 'absent' } : { outcome: 'found', bytes: Buffer.from(bytes) };
      },
      failed,
    });
  }

  async range(name: string, part: ObjectPart, options: CallOptions): Promise<RangeResult> {
    checkRange(name, part, options);
    return await this.#ask<RangeResult>(options, {
      apply: () => {
        const bytes = this.#bucket.peek(name);
        if (bytes === undefined) return { outcome: 'absent' };
        const place = placeOf(part, bytes.length);
        if (place === null) return { outcome: 'beyond' };
        const { position, length } = place;
        const found = Buffer.from(bytes.subarray(position, position + length));
        return { outcome: 'found', bytes: found, position, sizeBytes: bytes.length };
      },
      failed,
    });
  }

  async delete(name: string, options: CallOptions): Promise<DeleteResult> {
    checkRead(name, options);
    return await this.#ask<DeleteResult>(options, {
      apply: () => {
        this.#bucket.remove(name);
        return { outcome: 'deleted' };
      },
      failed,
    });
  }

  async list(prefix: string, options: ListOptions): Promise<ListResult> {
    checkList(prefix, options);
    const { after = '', namesMax = clusterLimits.namesListedMax } = options;
    return await this.#ask<ListResult>(options, {
      apply: ({ isListStale }) => {
        const all = this.#bucket.names.filter((name) => name.startsWith(prefix) && name > after);
        const seen = isListStale ? all.filter(() => this.#bucket.flip()) : all;
        return { outcome: 'listed', names: seen.slice(0, namesMax), isMore: seen.length > namesMax };
      },
      failed,
    });
  }

  close(): Promise<void> {
    this.#calls.close();
    return Promise.resolve();
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Sends a request into the weather, and waits for what comes back. */
  #ask<T>(options: CallOptions, o: Request<T> & { readonly unsent?: (fault: StoreFault) => T }): Promise<T> {
    return this.#calls.run<T>(options, {
      ...o,
      begin: () => new Promise<T>((resolve) => this.#send(o, resolve)),
    });
  }

  #send<T>(o: Request<T>, answer: (result: T) => void): void {
    const fate = this.#bucket.fate();
    if (this.passage === 'closed' || fate.arrivesAfterMs === null) return;
    this.#bucket.after(fate.arrivesAfterMs, () => {
      const result = fate.failure === 'none' ? o.apply(fate) : this.#fail(fate, o);
      if (fate.answerMs === null) return;
      this.#bucket.after(fate.answerMs, () => {
        if (this.passage === 'open') answer(result);
      });
    });
    if (fate.againAfterMs !== null) this.#bucket.after(fate.againAfterMs, () => void o.apply(fate));
  }

  #fail<T>(fate: RequestFate, o: Request<T>): T {
    if (fate.failure === 'done') o.apply(fate);
    return o.failed({ kind: 'server', message: 'the store failed, as the weather has it' });
  }
}

function failed(fault: StoreFault): { readonly outcome: 'failed'; readonly fault: StoreFault } {
  return { outcome: 'failed', fault };
}
