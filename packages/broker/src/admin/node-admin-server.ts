import type * as NodeHttp from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatAddress } from '../address.ts';
import { answerAdmin, isOfServer, notYet } from './answer-admin.ts';
import type { AdminAnswer } from './answer-admin.ts';
import type { AdminSnapshot } from './admin-snapshot.ts';

// Not by `import`: that would read every export of the module, and one of them loads a whole WebSocket client (40 ms,
// 16 MB).
const { createServer } = process.getBuiltinModule('node:http');

/** Answers a request of the admin interface, whatever it is. It must not throw. */
export type AdminListener = (request: NodeHttp.IncomingMessage, response: NodeHttp.ServerResponse) => void;

export interface AdminServer {
  readonly url: string;
  /** From now on `listener` answers what is not the server's own. */
  readonly extend: (listener: AdminListener) => void;
  close(): Promise<void>;
}

/**
 * Bounds of the admin server: it is for operators, so requests are small. `idleTimeoutMs` ends a connection on which no
 * byte has moved for so long, either way.
 */
const headersTimeoutMs = 5_000;
const requestTimeoutMs = 30_000;
const idleTimeoutMs = 60_000;

/** Listens; rejects when the address cannot be had. */
export function startAdminServer(options: {
  host: string;
  port: number;
  connectionsMax: number;
  snapshot: () => AdminSnapshot;
  /** Somebody will call `extend`: until then what is not the server's own is answered with 503. */
  isExtended: boolean;
}): Promise<AdminServer> {
  const { host, port, connectionsMax, snapshot, isExtended } = options;
  let listener: AdminListener | null = null;
  const server = createServer(
    { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs },
    (request, response) => {
      const path = (request.url ?? '/').split('?', 1)[0]!;
      if (!isExtended || isOfServer(path))
        return send(response, answerAdmin(snapshot, { method: request.method ?? 'GET', path }));
      if (listener === null) return send(response, notYet);
      listener(request, response);
    },
  );
  server.maxConnections = connectionsMax;
  server.timeout = idleTimeoutMs;
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

function send(response: NodeHttp.ServerResponse, { status, body, headers }: AdminAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
}

function adminServer(
  server: NodeHttp.Server,
  { host, extend }: { readonly host: string; readonly extend: AdminServer['extend'] },
): AdminServer {
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${formatAddress(host, port)}`,
    extend,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
