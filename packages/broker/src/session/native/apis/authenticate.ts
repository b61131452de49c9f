/**
 * AUTHENTICATE: shows whose a connection is (row A1, RFC 8).
 */
import { Authenticate, QError } from '@q/protocol';
import type { AuthenticateRequest, AuthenticateResponse } from '@q/protocol';
import type { BrokerLogger } from '../../../logger.ts';
import type { Handler, NativeCaller } from '../handler.ts';

export function authenticateHandler(logger: BrokerLogger): Handler<AuthenticateRequest, AuthenticateResponse> {
  return {
    api: Authenticate,
    isForStrangers: true,
    endsOnError: true,
    handle: async (request, caller) => {
      // Nobody's requests are looked at while it is being found out whose they are.
      const goOn = caller.budget.holdOrder();
      try {
        return await authenticate(request, caller, logger);
      } finally {
        goOn();
      }
    },
  };
}

async function authenticate(
  { mechanism, message }: AuthenticateRequest,
  caller: NativeCaller,
  logger: BrokerLogger,
): Promise<AuthenticateResponse> {
  const { identity, address, clientId, connectionId } = caller;
  const login = await identity.take(mechanism, message);
  if (login.kind === 'more') return { message: login.message, isDone: false, principal: '', lifetimeMs: 0 };
  const who = { door: 'native', mechanism, address, clientId, connectionId };
  if (login.kind === 'refused') {
    const { user, reason } = login;
    logger.warn({ event: 'login.refused', ...who, user, reason }, 'somebody was not let in');
    if (login.goesOn) return { message: login.message, isDone: false, principal: '', lifetimeMs: 0 };
    throw new QError('AUTHENTICATION_FAILED', `not let in by ${mechanism}: check the user and the password or token`);
  }
  const principal = identity.principal.name;
  logger.debug({ event: 'login.done', ...who, principal }, 'a user was let in');
  return { message: login.message, isDone: true, principal, lifetimeMs: login.lifetimeMs };
}
