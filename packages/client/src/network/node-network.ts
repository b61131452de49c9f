import { createConnection } from 'node:net';

import type { Address } from '../address.ts';
import { clientLimits } from '../limits.ts';
import { lentRead } from './node-lent-read.ts';
import type { Network, Wire, WireEvents } from './network.ts';
import { NodeWire } from './node-wire.ts';

/** TCP through the operating system. */
export const nodeNetwork: Network = {
  connect(address: Address, events: WireEvents): Wire {
    const socket = createConnection({
      host: address.host,
      port: address.port,
      // Small requests must not wait for the acknowledgement of earlier ones: the client already gathers writes by
      // itself.
      noDelay: true,
      // Finds a peer that vanished without a word, even while no request waits.
      keepAlive: true,
      keepAliveInitialDelay: clientLimits.keepAliveInitialDelayMs,
      onread: lentRead(events),
    });
    let failure: Error | null = null;
    socket.once('connect', () => events.onOpen());
    socket.on('drain', () => events.onDrain());
    socket.once('error', (error: Error) => {
      failure = error;
    });
    // The peer will send no more: for request and answer over one stream that is the end of it.
    socket.once('end', () => socket.destroy());
    // Without it the stream would wait for someone to read it, and never come to its end.
    socket.resume();
    socket.once('close', () => events.onClose(failure));
    return new NodeWire(socket, { isEncrypted: false });
  },
};
