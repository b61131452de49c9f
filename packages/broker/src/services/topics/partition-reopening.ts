/**
 * Opens partitions again that are in trouble, when somebody asks for it (row S2, `topic reopen`).
 */
import type { QError } from '@q/protocol';
import type { Author } from '../../caller.ts';
import { noAudit } from '../audit/audit.ts';
import type { AuditNotes } from '../audit/audit.ts';
import { requirePartition } from './partition-lookup.ts';
import type { TopicRegistry } from './topic-registry.ts';
import { refuseInternal, unknownTopic } from './topic-rules.ts';
import type { Partition } from './topic.ts';

export interface ReopeningResult {
  readonly partition: number;
  /** What is wrong with it all the same. */
  readonly error: QError | null;
}

export class PartitionReopening {
  readonly #registry: TopicRegistry;
  readonly #audit: AuditNotes;

  constructor({ registry, audit = noAudit }: { registry: TopicRegistry; audit?: AuditNotes }) {
    this.#registry = registry;
    this.#audit = audit;
  }

  /**
   * Those that are named, or all of the topic that are in trouble. One without trouble is left as it is.
   * @throws QError UNKNOWN_TOPIC, UNKNOWN_PARTITION (before the first is opened), INVALID_REQUEST (internal topic)
   */
  async reopen(name: string, indexes: readonly number[] | 'in trouble', by?: Author): Promise<ReopeningResult[]> {
    const topic = this.#registry.byName(name);
    if (topic === undefined) throw unknownTopic(name);
    refuseInternal(name, 'opened again');
    const wanted =
      indexes === 'in trouble'
        ? topic.partitions.filter(({ trouble }) => trouble !== null)
        : [...new Set(indexes)].sort((a, b) => a - b).map((index) => requirePartition(topic, index));
    const results = await Promise.all(wanted.map((partition) => this.#reopen(partition)));
    const inTrouble = results.filter(({ error }) => error !== null).length;
    this.#audit.note({
      event: 'audit.partitions_reopened',
      by: by ?? null,
      result: inTrouble > 0 ? 'failed' : 'done',
      operation: 'alter',
      resource: { type: 'topic', name },
      after: { opened: results.length - inTrouble, inTrouble },
    });
    return results;
  }

  async #reopen(partition: Partition): Promise<ReopeningResult> {
    await this.#registry.reopen(partition);
    return { partition: partition.index, error: partition.trouble };
  }
}
