import { isIP } from 'node:net';
import type * as NodeTls from 'node:tls';

import type { Address } from '../address.ts';
import { clientLimits } from '../limits.ts';
import { lentRead } from './node-lent-read.ts';
import type { Network, Wire, WireEvents } from './network.ts';
import { NodeWire } from './node-wire.ts';
import type { TlsOptions } from './tls-options.ts';

/** TLS 1.3, or 1.2 at least. The broker's certificate is checked, and its name: there is no way to leave that out. */
export function nodeTlsNetwork(options: TlsOptions): Network {
  return {
    connect(address: Address, events: WireEvents): Wire {
      // Loaded by the first client that encrypts.
      const { connect } = process.getBuiltinModule('node:tls');
      const socket = connect(connectOptions(address, options, events));
      socket.setKeepAlive(true, clientLimits.keepAliveInitialDelayMs);
      let failure: Error | null = null;
      socket.once('secureConnect', () => events.onOpen());
      socket.on('drain', () => events.onDrain());
      socket.once('error', (error: Error) => {
        failure = error;
      });
      socket.once('end', () => socket.destroy());
      // Without it the stream would wait for someone to read it, and never come to its end.
      socket.resume();
      socket.once('close', () => events.onClose(failure));
      return new NodeWire(socket, { isEncrypted: true });
    },
  };
}

function connectOptions(
  { host, port }: Address,
  { ca, cert, key, serverName }: TlsOptions,
  events: WireEvents,
): NodeTls.ConnectionOptions {
  // An address is no name, and must not be sent as one.
  const name = serverName ?? (isIP(host) === 0 ? host : undefined);
  return {
    host,
    port,
    noDelay: true,
    onread: lentRead(events),
    minVersion: 'TLSv1.2',
    ...(name !== undefined && { servername: name }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  } as NodeTls.ConnectionOptions;
}
