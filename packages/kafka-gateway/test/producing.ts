import { crc32c, encodeBatch } from '@q/protocol';
import { produce } from '../src/messages/produce.ts';
import type { RequestOf } from '../src/messages/api.ts';
import { noUuid } from '../src/wire/scalars.ts';
import type { RawClient } from './harness.ts';

type Request = RequestOf<typeof produce>;

/** Where the fields of a batch are, from the format. */
export const batchAt = {
  baseOffset: 0,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  records: 61,
} as const;

/** A request for one topic, by whatever of the two its version has. */
export function sending(
  topic: { readonly name?: string; readonly topicId?: string },
  batches: readonly (Buffer | null)[],
  o: { readonly acks?: number; readonly transactionalId?: string | null; readonly timeoutMs?: number } = {},
): Request {
  const { acks = -1, transactionalId = null, timeoutMs = 10_000 } = o;
  const partitionData = batches.map((batch, index) => ({ index, records: batch === null ? null : [batch] }));
  return {
    transactionalId,
    acks,
    timeoutMs,
    topicData: [{ name: topic.name ?? '', topicId: topic.topicId ?? noUuid, partitionData }],
  };
}

/** Sends one batch to partition 0 and gives what became of it. */
export async function sendOne(
  client: RawClient,
  topic: { readonly name?: string; readonly topicId?: string },
  batch: Buffer | null,
  { version = 11 }: { readonly version?: number } = {},
) {
  const { responses } = await client.ask(produce, version, sending(topic, [batch]));
  return responses[0]!.partitionResponses[0]!;
}

/** One record for each text, as a producer without idempotence sends them. */
export function batchOf(...texts: readonly string[]): Buffer {
  return encodeBatch(texts.map((text) => ({ key: 'k', value: text, timestampMs: Date.now() })));
}

/** Changes a batch, and makes its CRC right again. */
export function changed(batch: Buffer, change: (batch: Buffer) => void): Buffer {
  change(batch);
  batch.writeUInt32BE(crc32c(batch.subarray(batchAt.attributes)), batchAt.crc);
  return batch;
}

export interface Stamp {
  readonly id: number;
  readonly epoch: number;
  readonly sequence: number;
}

/** The batch as this producer would send it. */
export function stamped(batch: Buffer, { id, epoch, sequence }: Stamp): Buffer {
  return changed(batch, () => {
    batch.writeBigInt64BE(BigInt(id), batchAt.producerId);
    batch.writeInt16BE(epoch, batchAt.producerEpoch);
    batch.writeInt32BE(sequence, batchAt.baseSequence);
  });
}

/** The batch as part of a transaction. */
export function inTransaction(batch: Buffer): Buffer {
  return changed(batch, () => batch.writeInt16BE(batch.readInt16BE(batchAt.attributes) | 0x10, batchAt.attributes));
}
