import type * as NodeHttp from 'node:http';
import type { TLSSocket } from 'node:tls';
import { shownBy } from '../transport/node-tls.ts';
import type { PeerCertificate } from '../tls/tls-options.ts';
import type { AdminRequest, AdminWays } from './admin-login.ts';

/** The name of a user, by a certificate; null: nobody's. */
export type UserOfCertificate = (certificate: PeerCertificate) => string | null;

/** How whoever comes to one listener shows who they are. */
export interface AdminListenerWays extends AdminWays {
  readonly userOf: UserOfCertificate;
}

/** What is known of a request of Node's HTTP server before anybody looks at what it wants. */
export function adminRequestOf(
  request: NodeHttp.IncomingMessage,
  { mechanisms, isOpen, userOf }: AdminListenerWays,
): AdminRequest {
  const { headers } = request;
  const socket = request.socket as Partial<TLSSocket> & NodeHttp.IncomingMessage['socket'];
  const { remoteAddress: address = 'unknown' } = socket;
  return {
    mechanisms,
    isOpen,
    authorization: headers.authorization,
    address,
    userAgent: headers['user-agent'] ?? '',
    isEncrypted: socket.encrypted === true,
    isLoopback: isLoopback(address),
    certificateUser: certificateUserOf(socket, userOf),
  };
}

function certificateUserOf(socket: Partial<TLSSocket>, userOf: UserOfCertificate): string | null {
  const shown = socket.encrypted === true ? shownBy(socket as TLSSocket) : null;
  return shown === null ? null : userOf(shown);
}

/** Packets from it have never left the machine. */
function isLoopback(address: string): boolean {
  return /^(::ffff:)?127(\.\d{1,3}){3}$|^::1$/.test(address);
}
