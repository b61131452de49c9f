/** Finds out who asks, and says why somebody is not let in. Without the app: a scrape does without it, too. */
import { isBrokerFault, toWireError } from '@q/broker';
import type { AdminIdentity, AdminRequest, AdminTools } from '@q/broker';
import { Problem } from './problem.ts';

/** Rejects with a QError. */
export async function identified(
  { login }: Pick<AdminTools, 'login'>,
  asked: () => AdminRequest,
): Promise<AdminIdentity> {
  return login.identify(asked());
}

/** Whoever was not let in is told how to be, and hung up on: what else it has sent is not read. */
export function loginProblem(
  thrown: unknown,
  { tools }: { readonly tools: Pick<AdminTools, 'login' | 'logger'> },
  asked: AdminRequest,
): Problem {
  if (thrown instanceof Problem) return thrown;
  const error = toWireError(thrown);
  if (isBrokerFault(error))
    tools.logger.error({ event: 'admin.request_failed', err: thrown }, 'an admin request failed');
  const problem = Problem.from(error);
  if (problem.status !== 401) return problem;
  const challenges = tools.login.challenges(asked);
  return problem.withHeaders({ connection: 'close', ...(challenges !== '' && { 'www-authenticate': challenges }) });
}
