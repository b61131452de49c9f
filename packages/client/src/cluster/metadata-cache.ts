import { QError } from '@q/protocol';
import type { MetadataResponse } from '@q/protocol';

import type { Clock, Timer } from '../clock.ts';
import { clientLimits } from '../limits.ts';
import { toQError } from '../retry.ts';
import { newerTopicMetadata, readTopicMetadata } from './topic-metadata.ts';
import type { TopicMetadata } from './topic-metadata.ts';

export interface MetadataSource {
  /** One METADATA exchange, with any broker, retried as the source sees fit. */
  (topics: readonly string[]): Promise<MetadataResponse>;
}

export interface MetadataCacheOptions {
  readonly ask: MetadataSource;
  readonly clock: Clock;
  readonly maxAgeMs: number;
}

type Listener = (metadata: TopicMetadata) => void;

/**
 * Topics, by name: partitions, leaders, limits.
 *
 * Invariants
 * - A topic is asked for at most once at a time; everyone who asks meanwhile gets the same answer. Topics wanted in one
 *   turn go in one request.
 * - What is known never goes back to an older leader epoch (topic-metadata.ts).
 * - Watched topics are asked for again every `maxAgeMs`, so that new partitions and limits are noticed without an
 *   error.
 */
export class MetadataCache {
  readonly #options: MetadataCacheOptions;
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #asking = new Map<string, PromiseWithResolvers<TopicMetadata>>();
  readonly #listeners = new Map<string, Set<Listener>>();
  #unsent: string[] = [];
  #timer: Timer | null = null;
  #closedWith: QError | null = null;
  /** Of the last refresh that nobody waited for; the next use of the topic will meet the trouble itself. */
  lastBackgroundError: QError | null = null;

  constructor(options: MetadataCacheOptions) {
    this.#options = options;
  }

  get(name: string): TopicMetadata | undefined {
    return this.#topics.get(name);
  }

  /**
   * What is known of the topic, asking for it only if it is not known.
   *
   * @throws QError `UNKNOWN_TOPIC`, or why no broker could be asked.
   */
  topic(name: string): Promise<TopicMetadata> {
    const known = this.#topics.get(name);
    return known === undefined ? this.refresh(name) : Promise.resolve(known);
  }

  /** Asks for the topic now. Throws as `topic`. */
  refresh(name: string): Promise<TopicMetadata> {
    if (this.#closedWith !== null) return Promise.reject(this.#closedWith);
    const asking = this.#asking.get(name);
    if (asking !== undefined) return asking.promise;
    const wanted = Promise.withResolvers<TopicMetadata>();
    this.#asking.set(name, wanted);
    if (this.#unsent.length === 0) this.#options.clock.defer(() => this.#askUnsent());
    this.#unsent.push(name);
    return wanted.promise;
  }

  /**
   * As `refresh`, with an answer to a question that was asked after the call: one that is on its way may have been made
   * before something that the caller knows of.
   */
  async refreshAnew(name: string): Promise<TopicMetadata> {
    await this.#asking.get(name)?.promise.catch(() => undefined);
    return this.refresh(name);
  }

  /** Calls the listener whenever the topic's metadata changes, and keeps it fresh. The returned function ends that. */
  watch(name: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    this.#timer ??= this.#options.clock.schedule(this.#options.maxAgeMs, () => this.#refreshWatched());
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(name) === listeners) this.#listeners.delete(name);
    };
  }

  close(error: QError): void {
    this.#closedWith = error;
    this.#timer?.cancel();
    this.#timer = null;
    this.#listeners.clear();
    for (const name of this.#asking.keys()) this.#failed(name, error);
  }

  /** Takes over an answer that came by another way, as when every topic is asked for. */
  learn(response: MetadataResponse): void {
    for (const topic of response.topics) if (topic.errorCode === 0) this.#learned(readTopicMetadata(topic));
  }

  #askUnsent(): void {
    const names = this.#unsent;
    this.#unsent = [];
    for (let start = 0; start < names.length; start += clientLimits.metadataTopicsMax) {
      const slice = names.slice(start, start + clientLimits.metadataTopicsMax);
      this.#options.ask(slice).then(
        (response) => this.#answered(slice, response),
        (error: unknown) => {
          for (const name of slice) this.#failed(name, toQError(error, 'asking for metadata'));
        },
      );
    }
  }

  #answered(names: readonly string[], response: MetadataResponse): void {
    const answers = new Map(response.topics.map((topic) => [topic.name, topic]));
    for (const name of names) {
      const answer = answers.get(name);
      try {
        if (answer === undefined) throw new QError('MALFORMED_FRAME', `The broker did not answer for topic "${name}"`);
        const metadata = this.#learned(readTopicMetadata(answer));
        this.#asking.get(name)?.resolve(metadata);
        this.#asking.delete(name);
      } catch (error) {
        this.#failed(name, toQError(error, 'reading metadata'));
      }
    }
  }

  #learned(told: TopicMetadata): TopicMetadata {
    const metadata = newerTopicMetadata(this.#topics.get(told.name), told);
    // Moves the topic to the young end: the map's order is the order of age.
    this.#topics.delete(told.name);
    this.#topics.set(told.name, metadata);
    for (const name of this.#topics.keys()) {
      if (this.#topics.size <= clientLimits.metadataTopicsCachedMax) break;
      if (!this.#listeners.has(name)) this.#topics.delete(name);
      else if (name === told.name) break;
    }
    for (const listener of this.#listeners.get(told.name) ?? []) listener(metadata);
    return metadata;
  }

  #failed(name: string, error: QError): void {
    if (error.code === 'UNKNOWN_TOPIC') this.#topics.delete(name);
    this.#asking.get(name)?.reject(error);
    this.#asking.delete(name);
  }

  #refreshWatched(): void {
    this.#timer =
      this.#listeners.size === 0
        ? null
        : this.#options.clock.schedule(this.#options.maxAgeMs, () => this.#refreshWatched());
    for (const name of this.#listeners.keys()) {
      this.refresh(name).catch((error: unknown) => {
        this.lastBackgroundError = toQError(error, `refreshing topic "${name}"`);
      });
    }
  }
}
