import { QError } from '@q/protocol';
import type { Api } from '@q/protocol';

import { isAmbiguous } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { toQError } from '../retry.ts';

/** What every request of an administrator takes. An aborted `signal` ends the wait with QError `ABORTED`. */
export interface AdminRequestOptions {
  /** Ends the wait with QError `ABORTED`. What was sent may be done all the same. */
  readonly signal?: AbortSignal;
}

/**
 * Sends what must not be done twice: retried only while it certainly was not done. Says in words when nobody knows
 * whether it was: doing it again could fail just because it did happen, or tell of the second time only.
 *
 * @throws QError with `details.outcome` `'unknown'` in that case, else as `Cluster.request`.
 */
export async function requestOnce<Q, A>(
  cluster: Cluster,
  api: Api<Q, A>,
  o: { body: Q; what: string; signal: AbortSignal | undefined },
): Promise<A> {
  try {
    return await cluster.request(api, o.body, { resend: false, signal: o.signal });
  } catch (thrown) {
    const error = toQError(thrown, o.what);
    if (!isAmbiguous(error)) throw error;
    const message = `The answer to ${o.what} did not come, so it is unknown whether it was done: ${error.message}`;
    throw new QError(error.code, message, { cause: error, details: { ...error.details, outcome: 'unknown' } });
  }
}
