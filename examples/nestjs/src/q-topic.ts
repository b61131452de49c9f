import { topic } from '@q/client';
import type { Message, Q, Topic } from '@q/client';

/** Headers of a request and of its answer. An event has none of them. */
export const replyToHeader = 'reply-to';
export const idHeader = 'correlation-id';
export const failedHeader = 'failed';

export type JsonTopic = Topic<string | undefined, unknown, string | null, unknown>;

/** The topic of a pattern: JSON, with text as keys. What is no JSON is set aside: it cannot stop a service for ever. */
export function topicOf(pattern: string): JsonTopic {
  return topic(pattern, { keyCodec: 'string', valueCodec: 'json', onInvalid: { deadLetter: deadLetterOf(pattern) } });
}

export async function ensureTopics(q: Q, pattern: string): Promise<void> {
  await q.admin.ensureTopic(pattern);
  await q.admin.ensureTopic(deadLetterOf(pattern));
}

function deadLetterOf(pattern: string): string {
  return `${pattern}-invalid`;
}

export function headerOf(message: Message<unknown, unknown>, name: string): string | undefined {
  return message.headers.find(({ key }) => key === name)?.value?.toString();
}

/** `client.emit('order-placed', new Keyed('customer-7', order))`: what has one key is handled in order. */
export class Keyed {
  readonly key: string;
  readonly value: unknown;

  constructor(key: string, value: unknown) {
    this.key = key;
    this.value = value;
  }
}
