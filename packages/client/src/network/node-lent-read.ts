import type { OnReadOpts } from 'node:net';

import { clientLimits } from '../limits.ts';
import type { WireEvents } from './network.ts';

/**
 * One buffer for all reads of a connection: a new one for each read was most of the garbage of a busy consumer. Whoever
 * hears of the data has it until the call is over.
 */
export function lentRead(events: Pick<WireEvents, 'onData'>): OnReadOpts {
  return {
    buffer: Buffer.allocUnsafeSlow(clientLimits.readBufferBytes),
    callback: (bytes: number, buffer: Uint8Array): boolean => {
      events.onData((buffer as Buffer).subarray(0, bytes));
      return true;
    },
  };
}
