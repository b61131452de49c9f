/**
 * Alerts by HTTP to whoever wants them: one message at a time, tried again while that makes sense (row O4).
 *
 * Invariants:
 *  1. Nobody waits for it: what has changed is put in a queue of at most `waitingMax`, and the oldest goes first when
 *     that is full.
 *  2. One request is under way at a time. What waits meanwhile goes with the next one, in order.
 *  3. A message keeps its id and its content through all its tries, so that a receiver may leave out repeats.
 *  4. That it fails is an alert itself, which is not sent here.
 */
import type { AdminTools, BoardChanges, ClearedCondition, Condition, Services } from '@q/broker';
import { newMessageId, webhookHeaders } from './node-signature.ts';
import type { Post, WebhookTarget } from './webhook-target.ts';

export interface WebhookOptions {
  /** Asked for each try: the target may change while the broker runs. Null: there is none. */
  readonly target: () => WebhookTarget | null;
  readonly post: Post;
  readonly services: Pick<Services, 'health' | 'identity'>;
  readonly tools: Pick<AdminTools, 'clock' | 'random' | 'logger'>;
  readonly closing: AbortSignal;
}

type Change = ({ readonly state: 'raised' } & Condition) | ({ readonly state: 'cleared' } & ClearedCondition);

interface Message {
  readonly id: string;
  readonly body: string;
  readonly count: number;
}

export const waitingMax = 1_000;
/** In one message. */
export const changesMax = 100;
export const triesMax = 10;
const timeoutMs = 5_000;
const pauseMsMin = 1_000;
const pauseMsMax = 60_000;
/** A target that fails so often is told of: once is nothing. */
const failuresBeforeAlert = 3;

export class Webhook {
  readonly #options: WebhookOptions;
  #waiting: Change[] = [];
  #dropped = 0;
  #failures = 0;
  #isSending = false;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  take({ raised, cleared }: BoardChanges): void {
    if (this.#options.target() === null) return;
    const changes: Change[] = [
      ...raised.map((condition) => ({ state: 'raised' as const, ...condition })),
      ...cleared.map((condition) => ({ state: 'cleared' as const, ...condition })),
    ].filter(({ name }) => name !== 'webhook.failing');
    this.#waiting.push(...changes);
    this.#drop(Math.max(0, this.#waiting.length - waitingMax), 'too many wait');
    if (!this.#isSending && this.#waiting.length > 0) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    const { closing, tools } = this.#options;
    this.#isSending = true;
    try {
      while (this.#waiting.length > 0 && !closing.aborted) await this.#deliver(this.#nextMessage());
    } catch (error) {
      tools.logger.error({ event: 'webhook.broken', err: error }, 'alerts could not be sent to the webhook');
    } finally {
      this.#isSending = false;
    }
  }

  #nextMessage(): Message {
    const changes = this.#waiting.splice(0, changesMax);
    const { brokerId, clusterId, softwareVersion } = this.#options.services.identity;
    const body = {
      type: 'q.alerts',
      timestamp: new Date(this.#options.tools.clock.now()).toISOString(),
      data: { broker: { brokerId, clusterId, version: softwareVersion }, alerts: changes.map(written) },
    };
    return { id: newMessageId(), body: JSON.stringify(body), count: changes.length };
  }

  async #deliver(message: Message): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const outcome = await this.#try(message);
      if (outcome === 'over') return;
      if (tries >= triesMax) return this.#gaveUp(message, `it was tried ${tries} times`);
      const bound = Math.min(pauseMsMax, pauseMsMin * 2 ** (tries - 1));
      // Not all at once, when many brokers have the same target.
      const pauseMs = Math.max(bound * (0.5 + this.#options.tools.random.next() / 2), outcome.retryAfterMs);
      await this.#pause(Math.min(pauseMs, pauseMsMax));
      if (this.#options.closing.aborted) return;
    }
  }

  async #try(message: Message): Promise<'over' | { readonly retryAfterMs: number }> {
    const { post, closing, tools, services } = this.#options;
    const target = this.#options.target();
    if (target === null) return 'over';
    const { url, secret } = target;
    const { id, body } = message;
    const sentMs = tools.clock.now();
    const version = services.identity.softwareVersion;
    const headers = {
      'content-type': 'application/json',
      'user-agent': `q/${version}`,
      ...webhookHeaders(body, { id, sentMs, secret }),
    };
    const { status, reason, retryAfterMs } = await post({ url, headers, body, timeoutMs, signal: closing });
    if (closing.aborted) return 'over';
    if (status >= 200 && status < 300) return this.#succeeded();
    this.#failed(reason);
    if (!mayPass(status)) {
      this.#gaveUp(message, reason);
      return 'over';
    }
    return { retryAfterMs: retryAfterMs ?? 0 };
  }

  #succeeded(): 'over' {
    this.#failures = 0;
    this.#dropped = 0;
    this.#options.services.health.tell('webhook.failing', null);
    return 'over';
  }

  #failed(reason: string): void {
    this.#failures += 1;
    const failures = this.#failures;
    this.#options.tools.logger.debug({ event: 'webhook.failing', reason, failures }, 'the webhook did not take alerts');
    if (this.#failures >= failuresBeforeAlert) this.#tell(reason);
  }

  #gaveUp({ count }: Message, reason: string): void {
    this.#dropped += count;
    this.#tell(reason);
    const line = { event: 'webhook.gave_up', reason, alerts: count } as const;
    this.#options.tools.logger.warn(line, 'alerts were not sent to the webhook, and are left out');
  }

  #drop(count: number, reason: string): void {
    if (count === 0) return;
    this.#waiting.splice(0, count);
    this.#dropped += count;
    this.#tell(reason);
  }

  #tell(reason: string): void {
    const figures = { failures: this.#failures, waiting: this.#waiting.length, dropped: this.#dropped };
    this.#options.services.health.tell('webhook.failing', {
      reason: `the webhook takes no alerts: ${reason}`,
      figures,
    });
  }

  #pause(ms: number): Promise<void> {
    const { closing, tools } = this.#options;
    return new Promise((resolve) => {
      const timer = tools.clock.schedule(ms, over);
      function over(): void {
        timer.cancel();
        closing.removeEventListener('abort', over);
        resolve();
      }
      closing.addEventListener('abort', over);
    });
  }
}

/** No answer, too many requests, or trouble of the target itself. Anything else is the same the next time. */
function mayPass(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}

/** As the API tells an alert. */
function written(change: Change): object {
  const { state, name, subject, severity, sinceMs, reason, action, figures } = change;
  const clearedMs = change.state === 'cleared' ? change.clearedMs : null;
  return { name, subject, state, severity, sinceMs, clearedMs, reason, action, figures };
}
