/**
 * SaslHandshake: a client chooses how it will show who it is (row A1).
 */
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { saslHandshake } from '../messages/sasl-handshake.ts';
import { Farewell, handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';

/** Below it messages of the mechanism follow without requests around them. */
const requestsSince = 1;

export function saslHandshakeHandler(): Handler {
  return handler(saslHandshake, {
    isForStrangers: true,
    handle: async ({ mechanism }, { version, caller: { identity, handshake } }) => {
      const mechanisms = [...identity.mechanisms];
      // Nobody is asked, or whoever it is has said so for good.
      if (mechanisms.length === 0 || (identity.wasKnown && !identity.hasLifetime))
        return { errorCode: kafkaErrorCode.ILLEGAL_SASL_STATE, mechanisms };
      if (!mechanisms.some((each) => each === mechanism)) {
        await identity.holdBack();
        return new Farewell({ errorCode: kafkaErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms });
      }
      handshake.mechanism = mechanism;
      handshake.isBare = version < requestsSince;
      return { errorCode: kafkaErrorCode.NONE, mechanisms };
    },
    refuse: (errorCode) => ({ errorCode, mechanisms: [] }),
  });
}
