/**
 * SaslAuthenticate: one message of the mechanism that SaslHandshake has chosen, and the answer to it (row A1). What a
 * refused client is told is what Kafka tells it.
 */
import type { Answer, Login } from '@q/broker';
import { QError } from '@q/protocol';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { saslAuthenticate } from '../messages/sasl-authenticate.ts';
import { Farewell, handler, Silence } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';

const nothing: Buffer = Buffer.alloc(0);

/** Kafka's words, as clients' logs have them. */
const anotherPrincipal = 'Cannot change principals during re-authentication';

export function saslAuthenticateHandler(): Handler {
  return handler(saslAuthenticate, {
    isForStrangers: true,
    handle: async ({ authBytes }, { caller }) => {
      const { mechanism } = caller.handshake;
      if (mechanism === null) {
        if (!caller.identity.isKnown) return new Silence({ thenClose: true, reason: 'AUTHENTICATION_REQUIRED' });
        const errorMessage = 'SaslAuthenticate comes after SaslHandshake, on a listener that asks for it';
        return { errorCode: kafkaErrorCode.ILLEGAL_SASL_STATE, errorMessage, authBytes: nothing };
      }
      const login = await logIn(mechanism, authBytes, caller).catch(silentIfTooMany);
      if (login instanceof Silence) return login;
      if (login.kind === 'refused' && !login.goesOn) {
        const errorMessage = login.isAnother === true ? anotherPrincipal : reasonFor(mechanism, login);
        return new Farewell({
          errorCode: kafkaErrorCode.SASL_AUTHENTICATION_FAILED,
          errorMessage,
          authBytes: nothing,
        });
      }
      const sessionLifetimeMs = login.kind === 'done' ? login.lifetimeMs : 0;
      // Kafka's own words: an empty text, where others would have none.
      return { errorCode: kafkaErrorCode.NONE, errorMessage: '', authBytes: login.message, sessionLifetimeMs };
    },
    refuse: (errorCode, _request, _context, errorMessage) => ({ errorCode, errorMessage, authBytes: nothing }),
  });
}

/** Serves the messages that follow SaslHandshake 0: each behind its length alone, and so are the answers. */
export async function serveBare(message: Buffer, caller: KafkaCaller): Promise<Answer> {
  const goOn = caller.budget.holdOrder();
  try {
    const login = await logIn(caller.handshake.mechanism!, message, caller);
    if (login.kind === 'refused' && !login.goesOn)
      return { buffers: [], thenClose: true, reason: 'AUTHENTICATION_FAILED' };
    const length = Buffer.alloc(4);
    length.writeUInt32BE(login.message.length);
    return { buffers: [length, login.message], thenClose: false };
  } catch (error) {
    if (!QError.is(error)) throw error;
    return { buffers: [], thenClose: true };
  } finally {
    goOn();
  }
}

/**
 * Kafka knows no bound of a user's connections, and nobody who waits for a turn. Each of its errors here would mean to
 * some client that its password is wrong; whoever is hung up on tries again.
 */
function silentIfTooMany(error: unknown): Silence {
  if (QError.is(error) && (error.code === 'TOO_MANY_CONNECTIONS' || error.code === 'BROKER_BUSY'))
    return new Silence({ thenClose: true, reason: error.code });
  throw error;
}

async function logIn(mechanism: string, message: Buffer, caller: KafkaCaller): Promise<Login> {
  const { handshake, identity } = caller;
  const login = await identity.take(mechanism, message, caller);
  if (login.kind === 'done') {
    handshake.mechanism = null;
    handshake.isBare = false;
    caller.becameKnown();
  }
  return login;
}

function reasonFor(mechanism: string, { message }: { readonly message: Buffer }): string {
  if (mechanism === 'PLAIN') return 'Authentication failed: Invalid username or password';
  if (message.length > 0) return message.toString('utf8');
  return `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism}`;
}
