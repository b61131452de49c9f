/**
 * The admin interface of a broker, as `startBroker` takes it.
 *
 * This file, and what it imports, is loaded with the broker; so it stays small. All that serves requests (`serving.ts`
 * and below: hono, the schemas, the routes) is loaded with the first request.
 */
import type { AdminExtension, AdminListener, AdminTools, BoardChanges, Services } from '@q/broker';
import type { AdminContext } from './admin-context.ts';
import type { Webhook } from './alerts/webhook.ts';
import type { WebhookTarget } from './alerts/webhook-target.ts';
import type { ProgramLog } from './program-log.ts';

/** What the admin interface can be told. All of it can be left out. */
export interface AdminOptions {
  /**
   * Names by which the admin interface may be called, besides IP addresses, names without a dot, those of a cluster
   * (`.svc`, `.cluster.local`, `.internal`) and the host that it listens on. A web page that has its own name lead to
   * this machine is refused by this. Default: none.
   */
  readonly allowedHosts?: readonly string[];
  /** Where alerts are sent, asked for each time; null, or none: nowhere. */
  readonly webhook?: () => WebhookTarget | null;
  /** The log of the program, to be shown and steered. Default: none. */
  readonly log?: ProgramLog;
}

/** The admin interface: give it to `startBroker` as `admin.extension`. */
export function adminExtension({ allowedHosts = [], webhook = () => null, log }: AdminOptions = {}): AdminExtension {
  return {
    allowedHosts,
    open: (services: Services, tools: AdminTools) => {
      const closing = new AbortController();
      const context: AdminContext = { services, tools, allowedHosts, log: log ?? null, closing: closing.signal };
      const stopTelling = tellWebhook(context, webhook);
      return Promise.resolve({
        listener: lazyListener(context),
        close: () => {
          stopTelling();
          closing.abort();
          return Promise.resolve();
        },
      });
    },
  };
}

/** Loads what sends alerts with the first one that there is a target for. Returns how to stop it. */
function tellWebhook({ services, tools, closing }: AdminContext, target: () => WebhookTarget | null): () => void {
  let sending: Promise<Webhook> | null = null;
  const take = (changes: BoardChanges): void => {
    if (target() === null) return;
    sending ??= Promise.all([import('./alerts/webhook.ts'), import('./alerts/node-post.ts')]).then(
      ([made, { nodePost: post }]) => new made.Webhook({ target, post, services, tools, closing }),
    );
    sending.then(
      (webhook) => webhook.take(changes),
      (error: unknown) =>
        tools.logger.error({ event: 'webhook.broken', err: error }, 'the webhook could not be loaded'),
    );
  };
  // What was raised while nobody listened yet.
  const { conditions } = services.health.ownReport();
  if (conditions.length > 0) take({ raised: conditions, cleared: [] });
  return services.health.onChange(take);
}

/**
 * Loads what serves with the first request, which waits for it; so do those that come meanwhile. A scrape needs little
 * of it, and is served apart.
 */
function lazyListener(context: AdminContext): AdminListener {
  const scrape = lazily(context, () => import('./metrics/node-scrape.ts').then((loaded) => loaded.scrape(context)));
  const serve = lazily(context, async () => {
    // One after the other: all at once they would hold the broker for as long as they take together.
    for (const load of heavy) {
      await load();
      await new Promise<void>((resolve) => context.tools.clock.defer(resolve));
    }
    return (await import('./node-serving.ts')).serve(context);
  });
  return (request, response, asked) => (isScrape(request) ? scrape : serve)(request, response, asked);
}

/** What the app needs, in pieces of some 30 ms each. Node reads its own `Response` when it is first named. */
const heavy: readonly (() => unknown)[] = [
  () => import('zod'),
  () => import('hono'),
  () => Response,
  () => import('@hono/node-server'),
];

/** No parameters, so that the app says what is wrong with any. */
function isScrape({ method, url }: Parameters<AdminListener>[0]): boolean {
  return method === 'GET' && url === '/metrics';
}

function lazily({ tools }: AdminContext, load: () => Promise<AdminListener>): AdminListener {
  let loading: Promise<AdminListener> | null = null;
  return (request, response, asked) => {
    loading ??= load();
    loading.then(
      (listener) => listener(request, response, asked),
      (error: unknown) => {
        loading = null;
        tools.logger.error({ event: 'admin.not_opened', err: error }, 'the admin interface could not be loaded');
        response.writeHead(500, { 'content-type': 'application/problem+json' });
        response.end('{"type":"about:blank","title":"The admin interface could not be loaded","status":500}');
      },
    );
  };
}
