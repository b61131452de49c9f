/**
 * AUTHENTICATE: shows whose a connection is (row A1, RFC 8).
 */
import { Authenticate, QError } from '@q/protocol';
import type { AuthenticateRequest, AuthenticateResponse } from '@q/protocol';
import type { Handler, NativeCaller } from '../handler.ts';

export function authenticateHandler(): Handler<AuthenticateRequest, AuthenticateResponse> {
  return {
    api: Authenticate,
    isForStrangers: true,
    endsOnError: true,
    handle: async (request, caller) => {
      // Nobody's requests are looked at while it is being found out whose they are.
      const goOn = caller.budget.holdOrder();
      try {
        return await authenticate(request, caller);
      } finally {
        goOn();
      }
    },
  };
}

async function authenticate(
  { mechanism, message }: AuthenticateRequest,
  caller: NativeCaller,
): Promise<AuthenticateResponse> {
  const { identity } = caller;
  const login = await identity.take(mechanism, message, caller);
  if (login.kind === 'more') return { message: login.message, isDone: false, principal: '', lifetimeMs: 0 };
  if (login.kind === 'refused') {
    if (login.goesOn) return { message: login.message, isDone: false, principal: '', lifetimeMs: 0 };
    throw new QError('AUTHENTICATION_FAILED', `not let in by ${mechanism}: check the user and the password or token`);
  }
  return { message: login.message, isDone: true, principal: identity.principal.name, lifetimeMs: login.lifetimeMs };
}
