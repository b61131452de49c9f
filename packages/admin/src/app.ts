/** Routes: the operations, and what is said where there is none. */
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { AdminIdentity } from '@q/broker';
import type { ServingContext } from './admin-context.ts';
import { Problem, problemResponse } from './http/problem.ts';
import { serveOperation } from './operation/serve-operation.ts';
import type { Incoming } from './operation/serve-operation.ts';
import type { AnyOperation } from './operation/operation.ts';
import { openApiOperation } from './openapi/operations.ts';
import { operations } from './operations.ts';

/** What Node's server has of a request and its answer. */
export interface AppEnv {
  readonly Bindings: {
    readonly incoming: object & { readonly socket: { readonly remoteAddress?: string | undefined } };
    readonly outgoing: { destroy(): unknown };
  };
}
export type App = Hono<AppEnv>;

/** The app: a `fetch` that answers whatever it is asked. */
export function createApp(context: ServingContext, identityOf: (incoming: object) => AdminIdentity): App {
  const all = [...operations, openApiOperation(operations, context.services.identity.softwareVersion)];
  const app: App = new Hono();
  app.use(async (c, next) => {
    await next();
    // What is true now may not be in a moment, and much of it is nobody else's business.
    if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
    c.res.headers.set('x-content-type-options', 'nosniff');
  });
  for (const [path, ofPath] of byPath(all)) {
    for (const operation of ofPath) {
      const serve = serveOperation(operation, context);
      app.on(operation.method.toUpperCase(), path, (c) => serve(incoming(c, identityOf)));
    }
    const allow = methodsOf(ofPath);
    app.options(path, () => new Response(null, { status: 204, headers: { allow } }));
    app.all(path, (c) => problemResponse(wrongMethod(c.req.method, allow)));
  }
  app.notFound((c) => problemResponse(new Problem('NOT_FOUND', `there is nothing at ${c.req.path}`)));
  app.onError((error) => {
    context.tools.logger.error({ event: 'admin.request_failed', err: error }, 'an admin request failed');
    return problemResponse(new Problem('UNKNOWN', 'the broker failed in a way that it did not foresee'));
  });
  return app;
}

function incoming({ req, env }: Context<AppEnv>, identityOf: (incoming: object) => AdminIdentity): Incoming {
  const { incoming: from, outgoing } = env;
  return {
    request: req.raw,
    params: req.param(),
    identity: identityOf(from),
    address: from.socket.remoteAddress ?? 'unknown',
    cut: () => void outgoing.destroy(),
  };
}

function byPath(list: readonly AnyOperation[]): Map<string, AnyOperation[]> {
  const paths = new Map<string, AnyOperation[]>();
  for (const operation of list) paths.set(operation.path, [...(paths.get(operation.path) ?? []), operation]);
  return paths;
}

function methodsOf(ofPath: readonly AnyOperation[]): string {
  const methods = ofPath.map(({ method }) => method.toUpperCase());
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}

function wrongMethod(method: string, allow: string): Problem {
  return new Problem('METHOD_NOT_ALLOWED', `this path takes ${allow}, not ${method}`, { headers: { allow } });
}
