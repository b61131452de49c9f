import type * as NodeHttp from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { formatAddress } from '../address.ts';
import { contextOf } from '../transport/node-tls.ts';
import type { TlsOptions } from '../transport/tls-options.ts';
import { AdminConnections } from './admin-connections.ts';
import type { AdminGate } from './admin-gate.ts';
import { answerAdmin, isOfServer, notYet } from './answer-admin.ts';
import type { AdminAnswer } from './answer-admin.ts';
import type { AdminSnapshot } from './admin-snapshot.ts';
import { adminRequestOf } from './node-admin-request.ts';
import type { AdminListenerWays } from './node-admin-request.ts';
import type { AdminRequest } from './admin-login.ts';

// Not by `import`: that would read every export of the module, and one of them loads a whole WebSocket client (40 ms,
// 16 MB).
const { createServer } = process.getBuiltinModule('node:http');

/**
 * Answers a request of the admin interface, whatever it is. It must not throw. `asked` tells what is known of whoever
 * asks, for `AdminTools.login`.
 */
export type AdminListener = (
  request: NodeHttp.IncomingMessage,
  response: NodeHttp.ServerResponse,
  asked: () => AdminRequest,
) => void;

export interface AdminServer {
  readonly url: string;
  /** From now on `listener` answers what is not the server's own. */
  readonly extend: (listener: AdminListener) => void;
  /** Other certificates, for connections that begin from now on; null: it does not encrypt. Throws for wrong ones. */
  readonly renew: ((tls: TlsOptions) => void) | null;
  close(): Promise<void>;
}

/**
 * Bounds of the admin server: it is for operators, so requests are small. `idleTimeoutMs` ends a connection on which no
 * byte has moved for so long, either way; `keepAliveMs` one that asks for nothing more.
 */
const handshakeTimeoutMs = 3_000;
const headersTimeoutMs = 5_000;
const requestTimeoutMs = 30_000;
const idleTimeoutMs = 60_000;
const keepAliveMs = 15_000;
/** Node looks for those who are too slow only so often; every 30 s unless told otherwise. */
const checkIntervalMs = 1_000;

export interface AdminServerOptions {
  readonly host: string;
  readonly port: number;
  /** Null: plain. */
  readonly tls: TlsOptions | null;
  readonly ways: AdminListenerWays;
  readonly connectionsMax: number;
  readonly gate: AdminGate;
  readonly snapshot: () => AdminSnapshot;
  /** Somebody will call `extend`: until then what is not the server's own is answered with 503. */
  readonly isExtended: boolean;
}

/** Listens; rejects when the address cannot be had. */
export function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { host, port, tls, ways, connectionsMax, isExtended } = options;
  let listener: AdminListener | null = null;
  const held = new AdminConnections(connectionsMax);
  const server = listening(tls, (request, response) => {
    const key = keyOf(request.socket);
    held.began(key);
    response.once('close', () => held.ended(key));
    const path = (request.url ?? '/').split('?', 1)[0]!;
    if (!isExtended || isOfServer(path)) return void answerOwn(path, options, { request, response });
    if (listener === null) return send(response, notYet);
    listener(request, response, () => adminRequestOf(request, ways));
  });
  server.timeout = idleTimeoutMs;
  server.keepAliveTimeout = keepAliveMs;
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    socket.once('close', () => held.closed(key));
    held.opened(key, { address: socket.remoteAddress ?? 'unknown', cut: () => socket.destroy() });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.removeListener('error', reject);
      // Failing to accept concerns one newcomer, never the broker.
      server.on('error', () => undefined);
      resolve(adminServer(server, { host, extend: (given) => void (listener = given) }));
    });
  });
}

type Server = NodeHttp.Server & { readonly setSecureContext?: (context: object) => void };

function listening(tls: TlsOptions | null, listener: NodeHttp.RequestListener): Server {
  const bounds = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: checkIntervalMs,
  };
  if (tls === null) return createServer(bounds, listener);
  // Loaded only where it is wanted: it takes memory and time.
  const https = process.getBuiltinModule('node:https');
  return https.createServer({ ...contextOf(tls), ...bounds, handshakeTimeout: handshakeTimeoutMs }, listener);
}

/** One connection at each moment. What TLS makes of a connection is an object of its own, at the same place. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

async function answerOwn(
  path: string,
  { snapshot, gate, ways }: AdminServerOptions,
  { request, response }: { readonly request: NodeHttp.IncomingMessage; readonly response: NodeHttp.ServerResponse },
): Promise<void> {
  const asked = { method: request.method ?? 'GET', path, isStranger: gate.isSecured };
  if (path === '/stats') {
    const refusing = gate.refusal(request.headers.host, () => adminRequestOf(request, ways));
    const refusal = refusing instanceof Promise ? await refusing : refusing;
    if (refusal !== null) return send(response, refusal);
  }
  send(response, answerAdmin(snapshot, asked));
}

function send(response: NodeHttp.ServerResponse, { status, body, headers }: AdminAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
}

function adminServer(
  server: Server,
  { host, extend }: { readonly host: string; readonly extend: AdminServer['extend'] },
): AdminServer {
  const { port } = server.address() as AddressInfo;
  const { setSecureContext } = server;
  return {
    url: `${setSecureContext === undefined ? 'http' : 'https'}://${formatAddress(host, port)}`,
    extend,
    renew: setSecureContext === undefined ? null : (tls) => setSecureContext.call(server, contextOf(tls)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
