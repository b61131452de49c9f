/**
 * What changes topics, and what shows what is in them, for those who may (row A3, SEC-12).
 */
import { cluster } from '@q/security';
import type { ProducerIdentity } from '@q/coordinator';
import type { Asking } from '../../caller.ts';
import type { PartitionProducers, ProducerDescription, SoughtProducers } from '../producers/producer-description.ts';
import type { ProducerIdBlocks } from '../producers/producer-id-blocks.ts';
import type { PartitionReopening, ReopeningResult } from '../topics/partition-reopening.ts';
import type { DeletionResult, DeletionWish, RecordDeletion } from '../topics/record-deletion.ts';
import type {
  AlterTopicOptions,
  CreatedTopic,
  CreateTopicOptions,
  PartitionsToAdd,
  TopicChanges,
} from '../topics/topic-changes.ts';
import type { SettingInForce } from '../topics/topic-config.ts';
import { demand, topicNamed } from './access.ts';
import type { Access } from './access.ts';

/** Creates, changes and deletes topics. */
export class GuardedTopicChanges {
  readonly #changes: TopicChanges;
  readonly #access: Access;

  constructor(changes: TopicChanges, access: Access) {
    this.#changes = changes;
    this.#access = access;
  }

  /** As `TopicChanges.create`; its settings are told to those who may see them. @throws QError NOT_AUTHORIZED, too */
  async create(wanted: CreateTopicOptions, caller: Asking): Promise<CreatedTopic> {
    demand(this.#access, caller, { operation: 'create', resource: topicNamed(wanted.name) });
    const created = await this.#changes.create(wanted, caller);
    return this.#access.sees(caller, 'describeConfigs', topicNamed(wanted.name))
      ? created
      : { ...created, configs: [] };
  }

  /** As `TopicChanges.delete`. @throws QError NOT_AUTHORIZED, too */
  async delete(name: string, caller: Asking): Promise<{ topicId: string }> {
    demand(this.#access, caller, { operation: 'delete', resource: topicNamed(name) });
    return this.#changes.delete(name, caller);
  }

  /** As `TopicChanges.alter`; the settings are told to those who may see them. @throws QError NOT_AUTHORIZED, too */
  async alter(wanted: AlterTopicOptions, caller: Asking): Promise<SettingInForce[]> {
    demand(this.#access, caller, { operation: 'alterConfigs', resource: topicNamed(wanted.name) });
    const configs = await this.#changes.alter(wanted, caller);
    return this.#access.sees(caller, 'describeConfigs', topicNamed(wanted.name)) ? configs : [];
  }

  /** As `TopicChanges.addPartitions`. @throws QError NOT_AUTHORIZED, too */
  async addPartitions(wanted: PartitionsToAdd, caller: Asking): Promise<number> {
    demand(this.#access, caller, { operation: 'alter', resource: topicNamed(wanted.name) });
    return this.#changes.addPartitions(wanted, caller);
  }
}

/** Deletes the oldest records of partitions. */
export class GuardedRecordDeletion {
  readonly #deletion: RecordDeletion;
  readonly #access: Access;

  constructor(deletion: RecordDeletion, access: Access) {
    this.#deletion = deletion;
    this.#access = access;
  }

  /** As `RecordDeletion.delete`. @throws QError NOT_AUTHORIZED, too */
  async delete(name: string, wishes: readonly DeletionWish[], caller: Asking): Promise<DeletionResult[]> {
    demand(this.#access, caller, { operation: 'delete', resource: topicNamed(name) });
    return this.#deletion.delete(name, wishes, caller);
  }
}

/** Opens partitions again that are in trouble. */
export class GuardedReopening {
  readonly #reopening: PartitionReopening;
  readonly #access: Access;

  constructor(reopening: PartitionReopening, access: Access) {
    this.#reopening = reopening;
    this.#access = access;
  }

  /** As `PartitionReopening.reopen`. @throws QError NOT_AUTHORIZED, too */
  async reopen(name: string, indexes: readonly number[] | 'in trouble', caller: Asking): Promise<ReopeningResult[]> {
    demand(this.#access, caller, { operation: 'alter', resource: topicNamed(name) });
    return this.#reopening.reopen(name, indexes, caller);
  }
}

/** Hands out producer ids: to whoever may write to a topic, be it there or not, or may use ids as such. */
export class GuardedProducerIds {
  readonly #ids: ProducerIdBlocks;
  readonly #access: Access;

  constructor(ids: ProducerIdBlocks, access: Access) {
    this.#ids = ids;
    this.#access = access;
  }

  /** As `ProducerIdBlocks.create`. @throws QError NOT_AUTHORIZED, too */
  async create(caller: Asking): Promise<ProducerIdentity> {
    this.#demand(caller);
    return this.#ids.create();
  }

  /** As `ProducerIdBlocks.bump`. @throws QError NOT_AUTHORIZED, too */
  async bump(identity: ProducerIdentity, caller: Asking): Promise<ProducerIdentity> {
    this.#demand(caller);
    return this.#ids.bump(identity);
  }

  #demand(caller: Asking): void {
    if (this.#access.sees(caller, 'idempotentWrite', cluster)) return;
    const refusal = this.#access.refusalOfAny(caller, 'write', 'topic');
    if (refusal !== null) throw refusal;
  }
}

/** Tells of the idempotent producers of partitions. */
export class GuardedProducers {
  readonly #producers: ProducerDescription;
  readonly #access: Access;

  constructor(producers: ProducerDescription, access: Access) {
    this.#producers = producers;
    this.#access = access;
  }

  /** As `ProducerDescription.describe`; the partitions of a topic that the caller may not read have NOT_AUTHORIZED. */
  describe(sought: readonly SoughtProducers[], caller: Asking): PartitionProducers[][] {
    const refusals = sought.map(({ topic }) => this.#access.refusal(caller, 'read', topicNamed(topic)));
    if (refusals.every((refusal) => refusal === null)) return this.#producers.describe(sought);
    const allowed = this.#producers.describe(sought.filter((_, index) => refusals[index] === null)).values();
    return sought.map(({ partitions }, index) => {
      const error = refusals[index] ?? null;
      if (error === null) return allowed.next().value!;
      return partitions.map((partition) => ({ partition, error, producers: [] }));
    });
  }
}
