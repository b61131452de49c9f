import type { Feature } from '../feature.ts';
import { accessTools } from './access-tools.ts';
import { administration } from './administration.ts';
import { consoleTools } from './console-tools.ts';
import { crashes } from './crashes.ts';
import { examples } from './examples.ts';
import { groups } from './groups.ts';
import { produceAndConsume } from './produce-and-consume.ts';
import { refusals } from './refusals.ts';
import { security } from './security.ts';
import { streams } from './streams.ts';
import { transactionTools } from './transaction-tools.ts';
import { transactions } from './transactions.ts';
import { transfers } from './transfers.ts';

/** In the order of the table. */
export const allFeatures: readonly Feature[] = [
  ...produceAndConsume,
  ...groups,
  ...transactions,
  ...transfers,
  ...streams,
  ...administration,
  ...refusals,
  ...security,
  ...consoleTools,
  ...transactionTools,
  ...accessTools,
  ...crashes,
  ...examples,
];
