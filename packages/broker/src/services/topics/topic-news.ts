import { authorOf } from '../../caller.ts';
import type { Author } from '../../caller.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { SettingTexts } from './topic-config.ts';
import type { TopicRecord } from './topic-record.ts';

/** Says in the log what has become of a topic, and by whom. */
export class TopicNews {
  readonly #logger: BrokerLogger;

  constructor(logger: BrokerLogger) {
    this.#logger = logger;
  }

  created({ name: topic, topicId, partitions, configs }: TopicRecord, by: Author | undefined): void {
    const settings = Object.entries(configs).map(([name, value]) => `${name}=${value}`);
    this.#logger.info(
      { event: 'topic.created', topic, topicId, partitions, settings, ...(by && authorOf(by)) },
      'a topic was made',
    );
  }

  deleted({ name: topic, topicId, partitions }: TopicRecord, by: Author | undefined): void {
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
    const settings = names
      .filter((name) => before.get(name) !== after.get(name))
      .map((name) => `${name}=${after.get(name) ?? 'default'}`);
    if (settings.length === 0) return;
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
    this.#logger.info(
      { event: 'topic.grown', topic, partitions, partitionsBefore, ...(by && authorOf(by)) },
      'a topic has more partitions than before',
    );
  }
}
