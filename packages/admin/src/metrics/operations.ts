/** GET /metrics: for Prometheus (row M2). */
import { cluster } from '@q/security';
import { z } from 'zod';
import { operation, own } from '../operation/operation.ts';
import { exposeBroker } from './broker-metrics.ts';
import { formats } from './formats.ts';

const getMetrics = operation({
  id: 'getMetrics',
  method: 'get',
  path: '/metrics',
  tag: 'metrics',
  summary: 'The broker in numbers, as Prometheus reads them.',
  answer: own({
    'text/plain': { schema: z.string(), description: 'The classic text format, version 0.0.4.' },
    'application/openmetrics-text': { schema: z.string(), description: 'OpenMetrics 1.0.' },
  }),
  handle: async (_input, { accepted, who, ...context }) => {
    const { tools, services } = context;
    const refusal = tools.hasOpenMetrics ? null : services.access.refusal(who, 'describe', cluster);
    if (refusal !== null) throw refusal;
    const { format, contentType } = formats[accepted]!;
    const page = await exposeBroker(context, format);
    return new Response(new Uint8Array(page), { headers: { 'content-type': contentType } });
  },
});

export const metricsOperations = [getMetrics] as const;
