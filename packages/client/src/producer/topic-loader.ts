import type { QError } from '@q/protocol';

import type { Cluster } from '../cluster/cluster.ts';
import type { TopicMetadata } from '../cluster/topic-metadata.ts';
import { toQError } from '../retry.ts';
import type { OutgoingQueue } from './outgoing-batch.ts';
import type { TopicQueue } from './topic-queue.ts';

export interface TopicLoaderOptions {
  readonly cluster: Cluster;
  /** Whether the producer still has records for the topic. */
  readonly isWanted: (topic: TopicQueue) => boolean;
  /** The queue's leader is another one now. */
  readonly onMoved: (queue: OutgoingQueue) => void;
  /** What was asked for is known. */
  readonly onLoaded: (topic: TopicQueue) => void;
  /** It never will be. */
  readonly onRefused: (topic: TopicQueue, error: QError) => void;
}

/**
 * Asks for what the brokers know of a producer's topics, for as long as that makes sense, and follows what changes.
 *
 * Invariants
 * - While a topic `isAsking`, nothing is decided about its records.
 * - `onLoaded` and `onRefused` are not called for a topic that is not wanted any more.
 */
export class TopicLoader {
  readonly #o: TopicLoaderOptions;

  constructor(o: TopicLoaderOptions) {
    this.#o = o;
  }

  /** For the first time. What the client knows already is there when it returns: its first records need not wait. */
  load(topic: TopicQueue): void {
    const known = this.#o.cluster.metadata.get(topic.name);
    if (known === undefined) void this.#ask(topic, () => this.#o.cluster.metadata.topic(topic.name));
    else this.#loaded(topic, known);
  }

  /** What is known of the topic speaks against a record that came after it was asked for. */
  async askAnew(topic: TopicQueue): Promise<void> {
    topic.isAsking = true;
    topic.asks += 1;
    await this.#ask(topic, () => this.#o.cluster.metadata.refreshAnew(topic.name));
  }

  async #ask(topic: TopicQueue, ask: () => Promise<TopicMetadata>): Promise<void> {
    const { cluster, isWanted, onLoaded, onRefused } = this.#o;
    for (let attempt = 1; isWanted(topic); attempt += 1) {
      try {
        const metadata = await ask();
        if (!isWanted(topic)) return;
        this.#loaded(topic, metadata);
        topic.isAsking = false;
        topic.answeredAsks = topic.asks;
        return onLoaded(topic);
      } catch (thrown) {
        const error = toQError(thrown, `asking for topic "${topic.name}"`);
        if (!error.retriable || cluster.closing.aborted) return onRefused(topic, error);
        await cluster.pause(attempt).catch((stopped: unknown) => onRefused(topic, toQError(stopped, 'waiting')));
      }
    }
  }

  #loaded(topic: TopicQueue, metadata: TopicMetadata): void {
    this.#updated(topic, metadata);
    topic.unwatch ??= this.#o.cluster.metadata.watch(topic.name, (newer) => this.#updated(topic, newer));
  }

  #updated(topic: TopicQueue, metadata: TopicMetadata): void {
    for (const queue of topic.update(metadata)) this.#o.onMoved(queue);
  }
}
