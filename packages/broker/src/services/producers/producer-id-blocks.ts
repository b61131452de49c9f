/**
 * Carries out what the coordinator's `ProducerIds` asks for: blocks of ids, made durable in the metadata store before
 * the first id of them is handed out.
 */
import { createProducerIds, reserve } from '@q/coordinator';
import type { ProducerIdentity, ProducerIds, ProducerIdsCommand } from '@q/coordinator';
import { QError } from '@q/protocol';
import type { MetadataEntry, MetadataStore } from '../../metadata/metadata-store.ts';

/** Holds the first id that no block has covered yet, as a decimal number. Frozen. */
const key = 'producer-ids';

export class ProducerIdBlocks {
  readonly #metadata: MetadataStore;
  #state: ProducerIds;
  #reserving: Promise<void> | null = null;

  private constructor(metadata: MetadataStore, knownEnd: number) {
    this.#metadata = metadata;
    this.#state = createProducerIds(knownEnd);
  }

  static async open(metadata: MetadataStore): Promise<ProducerIdBlocks> {
    return new ProducerIdBlocks(metadata, readEnd(await metadata.get(key)));
  }

  /** A new id at epoch 0. */
  create(): Promise<ProducerIdentity> {
    return this.#handOut({ kind: 'new' });
  }

  /** The id at a higher epoch, or a new id when its epochs are used up. @throws QError UNKNOWN_PRODUCER_ID */
  bump(identity: ProducerIdentity): Promise<ProducerIdentity> {
    return this.#handOut({
      kind: 'bump',
      identity: { producerId: identity.producerId, producerEpoch: identity.producerEpoch },
    });
  }

  async #handOut(command: ProducerIdsCommand): Promise<ProducerIdentity> {
    for (;;) {
      const step = reserve(this.#state, command);
      this.#state = step.state;
      for (const effect of step.effects) this.#reserving = this.#reserveBlock(effect.size);
      if (step.result.kind === 'identity') return step.result.identity;
      if (step.result.kind !== 'wait') throw unknownId(command);
      await this.#reserving;
    }
  }

  /** Claims the next block, whoever else may claim blocks meanwhile. */
  async #reserveBlock(size: number): Promise<void> {
    try {
      for (;;) {
        const entry = await this.#metadata.get(key);
        const firstId = readEnd(entry);
        const claim = { key, expectedVersion: entry?.version ?? 0, value: String(firstId + size) };
        const { isSet } = await this.#metadata.compareAndSet(claim);
        if (!isSet) continue;
        this.#state = reserve(this.#state, { kind: 'block-reserved', firstId, size }).state;
        return;
      }
    } catch (error) {
      this.#state = reserve(this.#state, { kind: 'block-refused' }).state;
      throw error;
    }
  }
}

function readEnd(entry: MetadataEntry | null): number {
  if (entry === null) return 0;
  const end = Number(entry.value);
  if (Number.isSafeInteger(end) && end >= 0) return end;
  throw new QError('CORRUPT_LOG', `the metadata entry ${entry.key} is not a number`);
}

function unknownId(command: ProducerIdsCommand): QError {
  const producerId = command.kind === 'bump' ? command.identity.producerId : -1;
  return new QError('UNKNOWN_PRODUCER_ID', `producer id ${producerId} was never handed out here; ask for a new one`, {
    details: { producerId },
  });
}
