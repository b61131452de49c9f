/** What the broker holds, uses and has done (rows T2, M1, M2). */
import type { BrokerPhase, BrokerSnapshot } from '@q/broker';
import type { z } from 'zod';
import { json, operation } from '../operation/operation.ts';
import { statsSchema } from './stats-schema.ts';

const getStats = operation({
  id: 'getStats',
  method: 'get',
  path: '/api/v1/stats',
  tag: 'stats',
  summary: 'What the broker holds, what it uses, and what it has done since its start.',
  answer: json(statsSchema),
  handle: async (_input, { services, tools, who }) => statsOf(await services.stats.snapshot(who), tools.phase()),
});

export const statsOperations = [getStats] as const;

export function statsOf(
  { work, network, lags, ...snapshot }: BrokerSnapshot,
  status: BrokerPhase,
): z.input<typeof statsSchema> {
  return { status, ...snapshot, ...work, ...network, ...lags };
}
