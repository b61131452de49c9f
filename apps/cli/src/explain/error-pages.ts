import type { ErrorName } from '@q/client';
import { accessPages } from './access-pages.ts';
import { clientPages } from './client-pages.ts';
import { dataPages } from './data-pages.ts';
import type { ErrorPage } from './error-page.ts';
import { groupPages } from './group-pages.ts';
import { protocolPages } from './protocol-pages.ts';
import { topicPages } from './topic-pages.ts';
import { transactionPages } from './transaction-pages.ts';

/** The page of every error. One that is missing is an error of the type checker. */
export const errorPages: Readonly<Record<ErrorName, ErrorPage>> = {
  ...protocolPages,
  ...topicPages,
  ...dataPages,
  ...groupPages,
  ...accessPages,
  ...transactionPages,
  ...clientPages,
};
