/** Hands requests of Node's HTTP server to the app. */
import { RequestError, getRequestListener } from '@hono/node-server';
import type { AdminIdentity, AdminListener } from '@q/broker';
import type { AdminContext } from './admin-context.ts';
import { createApp } from './app.ts';
import { checkCaller } from './http/caller-check.ts';
import { identified, loginProblem } from './http/login-problem.ts';
import { refuse } from './http/node-refusal.ts';
import { Problem, problemResponse } from './http/problem.ts';
import { Streams } from './stream/streams.ts';

export function serve(context: AdminContext): AdminListener {
  const { tools, allowedHosts } = context;
  const streams = new Streams(context.tools.clock, context.closing);
  const known = new WeakMap<object, AdminIdentity>();
  const app = createApp({ ...context, streams }, (incoming) => known.get(incoming)!);
  // The process may be an application's: its globals are its own.
  const listener = getRequestListener((request, bindings) => app.fetch(request, bindings), {
    overrideGlobalObjects: false,
    // What no URL can be made of, such as that of `OPTIONS *`.
    errorHandler: (error) => problemResponse(notServed(error, context)),
  });
  return (request, response, asked) => {
    const { isEncrypted } = asked();
    const refusal = checkCaller(request.headers, { allowedHosts, url: tools.url, isEncrypted });
    if (refusal !== null) return refuse(response, refusal);
    identified(context.tools, asked).then(
      (identity) => {
        known.set(request, identity);
        void listener(request, response);
      },
      (error: unknown) => refuse(response, loginProblem(error, context, asked())),
    );
  };
}

function notServed(error: unknown, { tools }: AdminContext): Problem {
  if (error instanceof RequestError)
    return new Problem('INVALID_REQUEST', `the address of the request is none: ${error.message}`, {
      errors: [{ field: 'path', value: null, allowed: 'a path that begins with /' }],
    });
  tools.logger.error({ event: 'admin.request_failed', err: error }, 'an admin request failed');
  return new Problem('UNKNOWN', 'the broker failed in a way that it did not foresee');
}
