/** Hands requests of Node's HTTP server to the app. */
import { getRequestListener } from '@hono/node-server';
import type { AdminListener } from '@q/broker';
import type { AdminContext } from './admin-context.ts';
import { createApp } from './app.ts';
import { checkCaller } from './http/caller-check.ts';
import { refuse } from './http/node-refusal.ts';
import { Streams } from './stream/streams.ts';

export function serve(context: AdminContext): AdminListener {
  const streams = new Streams(context.tools.clock, context.closing);
  const app = createApp({ ...context, streams });
  // The process may be an application's: its globals are its own.
  const listener = getRequestListener((request, bindings) => app.fetch(request, bindings), {
    overrideGlobalObjects: false,
  });
  return (request, response) => {
    const refusal = checkCaller(request.headers, { allowedHosts: context.allowedHosts, url: context.tools.url });
    if (refusal === null) return void listener(request, response);
    refuse(response, refusal);
  };
}
