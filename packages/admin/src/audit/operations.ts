/** The audit trail: what was let in, denied and changed, and by whom (SEC-15). */
import { isWanted } from '@q/broker';
import type { AuditQuery, WrittenEntry } from '@q/broker';
import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation, own } from '../operation/operation.ts';
import { whole } from '../operation/query.ts';
import { eventGreeting, eventHeartbeat, eventStream, eventText } from '../stream/events.ts';

const fact = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]);
const auditEntry = z
  .object({
    timeMs: z.number(),
    event: z.string(),
    principal: z.string(),
    result: z.string(),
    address: z.string().optional(),
    door: z.string().optional(),
    clientId: z.string().optional(),
    connectionId: z.number().optional(),
    mechanism: z.string().optional(),
    operation: z.string().optional(),
    resourceType: z.string().optional(),
    resourceName: z.string().optional(),
    reason: z.string().optional(),
    before: z.record(z.string(), fact).optional(),
    after: z.record(z.string(), fact).optional(),
    count: z.number().optional(),
    forMs: z.number().optional(),
  })
  .meta({ id: 'AuditEntry' });

const auditPage = z
  .object({
    entries: z.array(auditEntry).describe('The newest first.'),
    next: z.number().nullable().describe('`before` of the next page, which has older ones; null: there are none.'),
  })
  .meta({ id: 'AuditPage' });

const text = z.string().min(1).max(300);
const timeMs = whole(0, 8_640_000_000_000_000).optional();

const readAudit = operation({
  id: 'readAudit',
  method: 'get',
  path: '/api/v1/audit',
  tag: 'security',
  summary: 'The audit trail, the newest first; or each entry as it is noted.',
  query: z.strictObject({
    principal: text.optional().describe('Only of this one: `User:NAME`.'),
    event: text.optional().describe('Only this event, or those that begin so: `user_*`.'),
    result: z.enum(['done', 'refused', 'denied', 'failed']).optional(),
    resourceName: text.optional(),
    sinceMs: timeMs.describe('At this time or later, in ms since 1970.'),
    untilMs: timeMs.describe('Before this time.'),
    limit: whole(1, limits.pageMax).optional().describe(`Most entries of a page; ${limits.pageDefault} unless given.`),
    before: whole(0, Number.MAX_SAFE_INTEGER).optional().describe('Older ones: `next` of the page before.'),
  }),
  answer: own({
    'application/json': { schema: auditPage, description: 'A page.' },
    [eventStream]: { schema: auditEntry, description: 'Events `entry`, and `missed` for a reader that is too slow.' },
  }),
  handle: async ({ query: { limit = limits.pageDefault, ...filter } }, context) => {
    const { services, who, accepted, streams, holds, onChange, cut } = context;
    const named = Object.entries(filter).filter(([, value]) => value !== undefined);
    const query: AuditQuery = { ...Object.fromEntries(named), limit };
    if (accepted !== eventStream) return Response.json(await services.audit.list(query, who));
    const feed = new AuditFeed();
    const stop = services.audit.follow((entry) => {
      if (isWanted(entry, query)) feed.push(entry);
    }, who);
    try {
      const source = (signal: AbortSignal): AsyncGenerator<string> => feed.events(signal);
      return streams.respond({
        type: eventStream,
        who,
        heartbeat: eventHeartbeat,
        holds,
        onChange,
        cut,
        source,
        ended: stop,
      });
    } catch (error) {
      stop();
      throw error;
    }
  },
});

export const auditOperations = [readAudit] as const;

/** Entries on their way to one reader. Invariant: at most `logLinesMax` wait; of those beyond there is a count. */
class AuditFeed {
  #waiting: WrittenEntry[] = [];
  #missed = 0;
  #wake: () => void = () => undefined;

  push(entry: WrittenEntry): void {
    if (this.#waiting.length >= limits.logLinesMax) this.#missed += 1;
    else this.#waiting.push(entry);
    this.#wake();
  }

  async *events(signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    yield eventGreeting;
    while (!signal.aborted) {
      const [entries, missed] = [this.#waiting, this.#missed];
      this.#waiting = [];
      this.#missed = 0;
      for (const data of entries) yield eventText({ event: 'entry', data });
      if (missed > 0) yield eventText({ event: 'missed', data: { entries: missed } });
      if (entries.length === 0) await this.#news(signal);
    }
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
