import type * as NodeHttp from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { formatAddress } from '../address.ts';
import type { TLSSocket } from 'node:tls';
import { listenInFront, shownBy } from '../transport/node-tls.ts';
import { tlsContexts } from '../transport/node-tls-context.ts';
import type { TlsMaterial } from '../tls/tls-options.ts';
import { AdminConnections } from './admin-connections.ts';
import type { AdminGate } from './admin-gate.ts';
import { answerAdmin, certificateNeeded, isOfServer, isProbe, notYet } from './answer-admin.ts';
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
  readonly port: number;
  /** From now on `listener` answers what is not the server's own. */
  readonly extend: (listener: AdminListener) => void;
  /** Other certificates, for connections that begin from now on; null: it does not encrypt. Throws for wrong ones. */
  readonly renew: ((material: TlsMaterial) => void) | null;
  close(): Promise<void>;
}

/**
 * Bounds of the admin server: it is for operators, so requests are small. `idleTimeoutMs` ends a connection on which no
 * byte has moved for so long, either way; `keepAliveMs` one that asks for nothing more.
 */
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
  readonly material: TlsMaterial | null;
  /** How long a handshake may take in all, in ms. */
  readonly handshakeTimeoutMs: () => number;
  readonly ways: AdminListenerWays;
  readonly connectionsMax: number;
  readonly gate: AdminGate;
  readonly snapshot: () => AdminSnapshot;
  /** Somebody will call `extend`: until then what is not the server's own is answered with 503. */
  readonly isExtended: boolean;
}

/** Listens; rejects when the address cannot be had. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { host, material, ways, connectionsMax, isExtended } = options;
  let listener: AdminListener | null = null;
  const held = new AdminConnections(connectionsMax);
  const isNeeded = material?.clientCertificates === 'needed';
  const { server, listen, renew } = made(material, (request, response) => {
    const key = keyOf(request.socket);
    response.once('close', () => held.ended(key));
    if (!held.began(key)) return;
    const path = (request.url ?? '/').split('?', 1)[0]!;
    if (isNeeded && !isProbe(path) && !hasCertificate(request)) return send(response, certificateNeeded);
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
  const front = await listen(options);
  const { port } = front.address() as AddressInfo;
  return {
    url: `${material === null ? 'http' : 'https'}://${formatAddress(host, port)}`,
    port,
    extend: (given) => void (listener = given),
    renew,
    close: () =>
      new Promise((resolve) => {
        front.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A server of HTTP, and what takes its connections. */
interface Made {
  readonly server: NodeHttp.Server;
  readonly listen: (options: AdminServerOptions) => Promise<Server>;
  readonly renew: AdminServer['renew'];
}

const bounds = {
  headersTimeout: headersTimeoutMs,
  requestTimeout: requestTimeoutMs,
  connectionsCheckingInterval: checkIntervalMs,
};

function made(material: TlsMaterial | null, listener: NodeHttp.RequestListener): Made {
  if (material === null) {
    const server = createServer(bounds, listener);
    return { server, listen: (options) => listenPlain(server, options), renew: null };
  }
  // Loaded only where it is wanted: it takes memory and time.
  const https = process.getBuiltinModule('node:https');
  // Probes of an orchestrator show no certificate: whoever shows none is refused what is no probe, request by request.
  const isNeeded = material.clientCertificates === 'needed';
  const contexts = tlsContexts(isNeeded ? { ...material, clientCertificates: 'wanted' } : material);
  const server = https.createServer({ ...contexts.options, ...bounds }, listener);
  return {
    server,
    listen: (options) => listenInFront(server, { ...options, acceptFailed: () => undefined }),
    renew: (renewed) => contexts.renew(server, renewed),
  };
}

function listenPlain(server: NodeHttp.Server, { host, port }: AdminServerOptions): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.removeListener('error', reject);
      // Failing to accept concerns one newcomer, never the broker.
      server.on('error', () => undefined);
      resolve(server);
    });
  });
}

/** One connection at each moment. What TLS makes of a connection is an object of its own, at the same place. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function hasCertificate({ socket }: NodeHttp.IncomingMessage): boolean {
  return shownBy(socket as TLSSocket) !== null;
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
