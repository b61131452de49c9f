import { authorOf } from '../../caller.ts';
import type { Author } from '../../caller.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { AuditNotes } from '../audit/audit.ts';
import type { SettingTexts } from './topic-config.ts';
import type { TopicRecord } from './topic-record.ts';

/** Says in the log and in the audit trail what has become of a topic, and by whom. */
export class TopicNews {
  readonly #logger: BrokerLogger;
  readonly #audit: AuditNotes;

  constructor({ logger, audit }: { readonly logger: BrokerLogger; readonly audit: AuditNotes }) {
    this.#logger = logger;
    this.#audit = audit;
  }

  created({ name: topic, topicId, partitions, replicas, configs }: TopicRecord, by: Author | undefined): void {
    const settings = textsOf(configs);
    this.#audit.note({
      event: 'audit.topic_created',
      by: by ?? null,
      operation: 'create',
      resource: { type: 'topic', name: topic },
      after: { topicId, partitions, replicas, settings },
    });
    this.#logger.info(
      { event: 'topic.created', topic, topicId, partitions, settings, ...(by && authorOf(by)) },
      'a topic was made',
    );
  }

  deleted({ name: topic, topicId, partitions, configs }: TopicRecord, by: Author | undefined): void {
    this.#audit.note({
      event: 'audit.topic_deleted',
      by: by ?? null,
      operation: 'delete',
      resource: { type: 'topic', name: topic },
      before: { topicId, partitions, settings: textsOf(configs) },
    });
    this.#logger.info(
      { event: 'topic.deleted', topic, topicId, partitions, ...(by && authorOf(by)) },
      'a topic was deleted',
    );
  }

  altered(
    topic: string,
    { before, after }: { readonly before: SettingTexts; readonly after: SettingTexts },
    by: Author | undefined,
  ): void {
    const names = [...new Set([...before.keys(), ...after.keys()])];
    const changed = names.filter((name) => before.get(name) !== after.get(name));
    if (changed.length === 0) return;
    const settings = textsIn(after, changed);
    this.#audit.note({
      event: 'audit.topic_altered',
      by: by ?? null,
      operation: 'alterConfigs',
      resource: { type: 'topic', name: topic },
      before: { settings: textsIn(before, changed) },
      after: { settings },
    });
    this.#logger.info(
      { event: 'topic.altered', topic, settings, ...(by && authorOf(by)) },
      'settings of a topic were changed',
    );
  }

  grown(
    topic: string,
    { partitions, before: partitionsBefore }: { readonly partitions: number; readonly before: number },
    by: Author | undefined,
  ): void {
    this.#audit.note({
      event: 'audit.topic_grown',
      by: by ?? null,
      operation: 'alter',
      resource: { type: 'topic', name: topic },
      before: { partitions: partitionsBefore },
      after: { partitions },
    });
    this.#logger.info(
      { event: 'topic.grown', topic, partitions, partitionsBefore, ...(by && authorOf(by)) },
      'a topic has more partitions than before',
    );
  }
}

function textsOf(configs: Readonly<Record<string, string>>): string[] {
  return Object.entries(configs).map(([name, value]) => `${name}=${value}`);
}

function textsIn(texts: SettingTexts, names: readonly string[]): string[] {
  return names.map((name) => `${name}=${texts.get(name) ?? 'default'}`);
}
