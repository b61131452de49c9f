/**
 * GET /metrics without the app, as it is asked for day and night: a broker that is only scraped never loads hono, the
 * schemas and what they need, which take 40 MB. Everything else of this path, such as other methods, is the app's.
 */
import { isBrokerFault, toWireError } from '@q/broker';
import type { AdminListener, AdminRequest } from '@q/broker';
import { cluster } from '@q/security';
import type { AdminContext } from '../admin-context.ts';
import { checkCaller } from '../http/caller-check.ts';
import { chooseType } from '../http/chosen-type.ts';
import { identified, loginProblem } from '../http/login-problem.ts';
import { refuse } from '../http/node-refusal.ts';
import { Problem } from '../http/problem.ts';
import { exposeBroker } from './broker-metrics.ts';
import { formats } from './formats.ts';

export function scrape(context: AdminContext): AdminListener {
  const { tools, allowedHosts } = context;
  const { clock, meter, url, logger } = tools;
  const counter = meter.api('getMetrics');
  const page = async (...[request, response, asked]: Parameters<AdminListener>): Promise<void> => {
    const refusal = checkCaller(request.headers, { allowedHosts, url, isEncrypted: asked().isEncrypted });
    if (refusal !== null) throw refusal;
    if (!tools.hasOpenMetrics) await admitted(context, asked);
    const { format, contentType } = formats[chooseType(request.headers.accept ?? null, Object.keys(formats))]!;
    const bytes = await exposeBroker(context, format);
    response.writeHead(200, {
      'content-type': contentType,
      'content-length': bytes.length,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.end(bytes);
  };
  return (request, response, asked) => {
    const startedAt = clock.monotonic();
    const answered = (failed: boolean): void => counter.answered({ elapsedMs: clock.monotonic() - startedAt, failed });
    page(request, response, asked).then(
      () => answered(false),
      (thrown: unknown) => {
        if (!(thrown instanceof Problem) && isBrokerFault(toWireError(thrown)))
          logger.error(
            { event: 'admin.request_failed', operation: 'getMetrics', err: thrown },
            'an admin request failed',
          );
        refuse(response, thrown instanceof Problem ? thrown : Problem.from(toWireError(thrown)));
        answered(true);
      },
    );
  };
}

/** @throws Problem */
async function admitted(context: AdminContext, asked: () => AdminRequest): Promise<void> {
  const request = asked();
  const identity = await identified(context.tools, asked).catch((error: unknown) => {
    throw loginProblem(error, context, request);
  });
  const { address, userAgent: clientId } = request;
  const who = { principal: identity.principal, address, clientId, door: 'admin' };
  const refusal = context.services.access.refusal(who, 'describe', cluster);
  if (refusal !== null) throw refusal;
}
