import { QError } from '@q/protocol';

/**
 * What an acknowledgement stands for: on disk, written and synced within an interval, handed to the system, in memory
 * only.
 */
export type Durability = 'fsync' | 'interval' | 'os' | 'memory';

const durabilities: readonly Durability[] = ['fsync', 'interval', 'os', 'memory'];

/** Where a record ended up. */
export interface SendResult {
  /** The partition that has the record. */
  readonly partition: number;
  /** The record's place in its partition. */
  readonly offset: number;
  /**
   * The record's timestamp: its own, or the broker's for topics with `message.timestamp.type=LogAppendTime`. Ms since
   * 1970.
   */
  readonly timestampMs: number;
  /** The record was stored before, at `offset`; nothing was written now. */
  readonly duplicate: boolean;
  /** The policy that the record was acknowledged under. */
  readonly durability: Durability;
}

/** A number that is not known (a newer broker's) is taken for the weakest promise. */
export function durabilityOf(code: number): Durability {
  return durabilities[code] ?? 'memory';
}

/**
 * Who waits for one record. The batch that the record is in keeps them as a list, and notes on each what its result
 * will need: where every record has a batch of its own, an array and another object would be a good part of what a send
 * costs.
 */
export abstract class Delivery {
  /** Of the record in its batch. */
  index = 0;
  timestampMs = 0;
  /** Who waits for a later record of the batch; null for the last one. */
  next: Delivery | null = null;

  abstract resolve(result: SendResult): void;
  abstract reject(error: QError): void;
}

/**
 * Who waits for one `send`. The promise is made here, by a function that does nothing else: then V8 needs no object for
 * that function.
 */
export class SendDelivery extends Delivery {
  readonly promise: Promise<SendResult>;
  #resolve!: (result: SendResult) => void;
  #reject!: (error: unknown) => void;

  constructor() {
    super();
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  override resolve(result: SendResult): void {
    this.#resolve(result);
  }

  /** Takes what `send` itself meets as well, such as what the application's partitioner throws. */
  override reject(error: unknown): void {
    this.#reject(error);
  }
}

/**
 * The records of one `sendBatch`: one promise for all of them, settled when the last one is. Waiting for all even after
 * the first failure is what lets the error say exactly how many were stored.
 */
export class DeliveryGroup {
  readonly promise: Promise<SendResult[]>;
  readonly #resolve: (results: SendResult[]) => void;
  readonly #reject: (error: QError) => void;
  readonly #results: SendResult[] = [];
  readonly #records: number;
  #remaining: number;
  #failed = 0;
  #first: QError | null = null;

  constructor(records: number) {
    const { promise, resolve, reject } = Promise.withResolvers<SendResult[]>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#records = records;
    this.#remaining = records;
    if (records === 0) resolve([]);
  }

  member(index: number): Delivery {
    return new GroupMember(this, index);
  }

  resolved(index: number, result: SendResult): void {
    this.#results[index] = result;
    this.#settled();
  }

  rejected(error: QError): void {
    this.#failed += 1;
    this.#first ??= error;
    this.#settled();
  }

  #settled(): void {
    this.#remaining -= 1;
    if (this.#remaining > 0) return;
    if (this.#first === null) this.#resolve(this.#results);
    else this.#reject(batchError(this.#first, { failed: this.#failed, records: this.#records }));
  }
}

class GroupMember extends Delivery {
  readonly #group: DeliveryGroup;
  readonly #indexInGroup: number;

  constructor(group: DeliveryGroup, indexInGroup: number) {
    super();
    this.#group = group;
    this.#indexInGroup = indexInGroup;
  }

  override resolve(result: SendResult): void {
    this.#group.resolved(this.#indexInGroup, result);
  }

  override reject(error: QError): void {
    this.#group.rejected(error);
  }
}

/** One error for several records: the first one's code, and how many it is about. */
export function batchError(first: QError, o: { failed: number; records: number }): QError {
  return new QError(first.code, `${o.failed} of ${o.records} records were not delivered: ${first.message}`, {
    cause: first,
    details: { ...first.details, failed: o.failed, delivered: o.records - o.failed },
  });
}
