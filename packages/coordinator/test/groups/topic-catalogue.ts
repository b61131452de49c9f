import type { TopicView } from '../../src/index.ts';

/** Topics that tests create, grow, delete and create again: always under a new id. */
export class TopicCatalogue implements TopicView {
  readonly #topics = new Map<string, { topicId: string; partitions: number }>();
  #created = 0;

  byName(name: string): { topicId: string; partitions: number } | null {
    return this.#topics.get(name) ?? null;
  }

  /** Creates the topic, or makes it larger. */
  set(name: string, partitions: number): string {
    const topicId = this.#topics.get(name)?.topicId ?? topicIdOf((this.#created += 1));
    this.#topics.set(name, { topicId, partitions });
    return topicId;
  }

  delete(name: string): void {
    this.#topics.delete(name);
  }
}

function topicIdOf(ordinal: number): string {
  return `00000000-0000-4000-8000-${ordinal.toString(16).padStart(12, '0')}`;
}
