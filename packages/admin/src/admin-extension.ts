/**
 * The admin interface of a broker, as `startBroker` takes it.
 *
 * This file, and what it imports, is loaded with the broker; so it stays small. All that serves requests (`serving.ts`
 * and below: hono, the schemas, the routes) is loaded with the first request.
 */
import type { AdminExtension, AdminListener, AdminTools, Services } from '@q/broker';
import type { AdminContext } from './admin-context.ts';

/** What the admin interface can be told. All of it can be left out. */
export interface AdminOptions {
  /**
   * Names by which the admin interface may be called, besides IP addresses, `localhost` and the host that it listens
   * on. A web page that has its own name lead to this machine is refused by this. Default: none.
   */
  readonly allowedHosts?: readonly string[];
}

/** The admin interface: give it to `startBroker` as `admin.extension`. */
export function adminExtension({ allowedHosts = [] }: AdminOptions = {}): AdminExtension {
  return {
    open: (services: Services, tools: AdminTools) => {
      const closing = new AbortController();
      const context: AdminContext = { services, tools, allowedHosts, closing: closing.signal };
      return Promise.resolve({
        listener: lazyListener(context),
        close: () => {
          closing.abort();
          return Promise.resolve();
        },
      });
    },
  };
}

/** Loads what serves with the first request, which waits for it; so do those that come meanwhile. */
function lazyListener(context: AdminContext): AdminListener {
  let serving: Promise<AdminListener> | null = null;
  return (request, response) => {
    serving ??= import('./node-serving.ts').then(({ serve }) => serve(context));
    serving.then(
      (listener) => listener(request, response),
      (error: unknown) => {
        serving = null;
        context.tools.logger.error(
          { event: 'admin.not_opened', err: error },
          'the admin interface could not be loaded',
        );
        response.writeHead(500).end();
      },
    );
  };
}
