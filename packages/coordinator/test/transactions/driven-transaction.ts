import { stepTransaction } from '../../src/index.ts';
import type {
  ProducerIdentity,
  Transaction,
  TransactionCommand,
  TransactionContext,
  TransactionRecord,
  TransactionResult,
} from '../../src/index.ts';

export const transactionalId = 'billing-1';
export const topicId = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';

/** One transactional id with what a broker does around it: time, fresh producer ids, and the telling of outcomes. */
export class DrivenTransaction {
  transaction: Transaction | null = null;
  nowMs = 1_000;
  wallMs = 1_700_000_000_000;
  nextProducerId = 7;
  readonly records: TransactionRecord[] = [];

  step(command: TransactionCommand, context: Partial<TransactionContext> = {}): TransactionResult {
    const { nowMs, wallMs } = this;
    const asked = { nowMs, wallMs, freshProducerId: null, ...context };
    const step = stepTransaction(this.transaction, command, asked);
    this.transaction = step.transaction;
    this.records.push(...step.records);
    if (step.result.kind !== 'needs-producer-id' || asked.freshProducerId !== null) return step.result;
    return this.step(command, { ...context, freshProducerId: this.nextProducerId++ });
  }

  /** As whom it goes on. An open transaction is aborted first. */
  init(o: { expected?: ProducerIdentity; timeoutMs?: number } = {}): ProducerIdentity {
    const { expected = null, timeoutMs = 60_000 } = o;
    let result = this.step({ kind: 'init', transactionalId, timeoutMs, expected });
    if (result.kind === 'wait') {
      this.step({ kind: 'told' });
      result = this.step({ kind: 'init', transactionalId, timeoutMs, expected });
    }
    return producerOf(result);
  }

  join(producer: ProducerIdentity, ...partitions: number[]): TransactionResult {
    return this.step({ kind: 'join', producer, partitions: new Map([[topicId, partitions]]) });
  }

  stage(producer: ProducerIdentity, groupId: string, offset: number): TransactionResult {
    const commit = { offset, leaderEpoch: 3, metadata: null, committedAtMs: this.wallMs };
    return this.step({ kind: 'stage', producer, groupId, offsets: [{ topicId, partition: 0, commit }] });
  }

  end(producer: ProducerIdentity, outcome: 'commit' | 'abort', o: { raises?: boolean } = {}): TransactionResult {
    const { raises = true } = o;
    return this.step({ kind: 'end', producer, outcome, raises });
  }

  /** Ends it, tells the outcome, and gives as whom the producer goes on. */
  finish(producer: ProducerIdentity, outcome: 'commit' | 'abort', o: { raises?: boolean } = {}): ProducerIdentity {
    const result = this.end(producer, outcome, o);
    return producerOf(result.kind === 'ending' ? this.step({ kind: 'told' }) : result);
  }

  pass(ms: number): TransactionResult {
    this.nowMs += ms;
    this.wallMs += ms;
    return this.step({ kind: 'tick' });
  }
}

export function producerOf(result: TransactionResult): ProducerIdentity {
  if (result.kind !== 'producer') throw new Error(`not a producer but ${JSON.stringify(result)}`);
  return result.producer;
}

/** The code of a refusal, or the kind of what is none. */
export function codeOf(result: TransactionResult): string {
  return result.kind === 'refused' ? result.code : result.kind;
}
