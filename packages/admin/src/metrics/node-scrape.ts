/**
 * GET /metrics without the app, as it is asked for day and night: a broker that is only scraped never loads hono, the
 * schemas and what they need, which take 40 MB. Everything else of this path, such as other methods, is the app's.
 */
import { toWireError } from '@q/broker';
import type { AdminListener } from '@q/broker';
import type { AdminContext } from '../admin-context.ts';
import { checkCaller } from '../http/caller-check.ts';
import { chooseType } from '../http/chosen-type.ts';
import { refuse } from '../http/node-refusal.ts';
import { Problem } from '../http/problem.ts';
import { exposeBroker } from './broker-metrics.ts';
import { formats } from './formats.ts';

export function scrape(context: AdminContext): AdminListener {
  const { tools, allowedHosts } = context;
  const { clock, meter, url, logger } = tools;
  const counter = meter.api('getMetrics');
  const page = async (...[request, response]: Parameters<AdminListener>): Promise<void> => {
    const refusal = checkCaller(request.headers, { allowedHosts, url });
    if (refusal !== null) throw refusal;
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
  return (request, response) => {
    const startedAt = clock.monotonic();
    const answered = (failed: boolean): void => counter.answered({ elapsedMs: clock.monotonic() - startedAt, failed });
    page(request, response).then(
      () => answered(false),
      (thrown: unknown) => {
        if (!(thrown instanceof Problem))
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
