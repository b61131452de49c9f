import { connect } from '@q/client';
import type { GroupConsumer, GroupMessage, Producer, Q } from '@q/client';
import { Server } from '@nestjs/microservices';
import type { CustomTransportStrategy, MessageHandler } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { QContext } from './q-context.ts';
import { ensureTopics, failedHeader, headerOf, idHeader, replyToHeader, topicOf } from './q-topic.ts';

export interface QServerOptions {
  readonly url: string;
  /** Instances of the service share its events and requests, as members of this group. */
  readonly group: string;
  /** Messages of each topic that are handled beside each other, of each key one at a time. Default 1. */
  readonly concurrency?: number;
}

type ServedMessage = GroupMessage<string | null, unknown>;
type Events = { stopped: (error: unknown) => void };

/**
 * Serves `@EventPattern('topic')` and `@MessagePattern('topic')`: a pattern is the name of a topic.
 *
 * An event is acknowledged when its handlers are done. When one of them fails, nothing more of its topic is read:
 * 'stopped' tells, and the event comes again when the program is restarted. A request is answered, also with an error.
 */
export class QServer extends Server<Events> implements CustomTransportStrategy {
  /** What event handlers throw is reported here: Nest need not do so as well. */
  override readonly propagatesEventHandlerErrors = true;
  readonly #options: QServerOptions;
  readonly #stoppedListeners: ((error: unknown) => void)[] = [];
  readonly #consumers: GroupConsumer<string | null, unknown>[] = [];
  readonly #running: Promise<void>[] = [];
  #q: Q | undefined;
  #producer: Producer | undefined;

  constructor(options: QServerOptions) {
    super();
    this.#options = options;
  }

  /** The callback hears that it listens, or why it cannot. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  /** Finishes what is in hand, commits, leaves the group, and sends the last answers. */
  async close(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.close()));
    await Promise.all(this.#running);
    await this.#q?.close();
  }

  on<E extends keyof Events>(_event: E, listener: Events[E]): void {
    this.#stoppedListeners.push(listener);
  }

  unwrap<T>(): T {
    return this.#q as T;
  }

  async #start(): Promise<void> {
    const { url, group, concurrency = 1 } = this.#options;
    this.#q = await connect(url, { clientId: group });
    this.#producer = this.#q.producer();
    for (const [pattern, handler] of this.messageHandlers) {
      await ensureTopics(this.#q, pattern);
      const consumer = this.#q.consumer(topicOf(pattern), { group, concurrency: { by: 'key', max: concurrency } });
      this.#consumers.push(consumer);
      this.#running.push(this.#run(consumer, handler));
    }
    await Promise.all(this.#consumers.map((consumer) => consumer.ready()));
  }

  async #run(consumer: GroupConsumer<string | null, unknown>, handler: MessageHandler): Promise<void> {
    try {
      const handle = handler.isEventHandler === true ? this.#call.bind(this) : this.#answer.bind(this);
      await consumer.run((message) => handle(handler, message));
    } catch (error) {
      this.logger.error(error);
      for (const listener of this.#stoppedListeners) listener(error);
    }
  }

  async #answer(handler: MessageHandler, message: ServedMessage): Promise<void> {
    const [replyTo, id] = [headerOf(message, replyToHeader), headerOf(message, idHeader)];
    const { value, headers } = await this.#call(handler, message).then(
      (result) => ({ value: result, headers: {} }),
      (error: unknown) => ({ value: error, headers: { [failedHeader]: 'true' } }),
    );
    if (replyTo === undefined || id === undefined) return; // sent by someone who wants no answer
    try {
      await this.#producer?.send(topicOf(replyTo), { value: value ?? null, headers: { ...headers, [idHeader]: id } });
    } catch (error) {
      // Its caller is gone, or will give up. That is no reason to stop serving the others.
      this.logger.error(error);
    }
  }

  /** Handlers give a value, a promise or an observable; of several values the last one counts. */
  async #call(handler: MessageHandler, message: ServedMessage): Promise<unknown> {
    const result: unknown = await handler(message.value, new QContext([message]));
    return await lastValueFrom(this.transformToObservable(result), { defaultValue: undefined });
  }
}
