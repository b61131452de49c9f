import type * as NodeHttp from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatAddress } from '../address.ts';
import { answerAdmin } from './answer-admin.ts';
import type { AdminSnapshot } from './admin-snapshot.ts';

// Not by `import`: that would read every export of the module, and one of them loads a whole WebSocket client (40 ms,
// 16 MB).
const { createServer } = process.getBuiltinModule('node:http');

export interface AdminServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Bounds of the admin server: it is for probes and people, so small requests are plenty. */
const headersTimeoutMs = 5_000;
const requestTimeoutMs = 10_000;

/** Listens; rejects when the address cannot be had. */
export function startAdminServer(options: {
  host: string;
  port: number;
  connectionsMax: number;
  snapshot: () => AdminSnapshot;
}): Promise<AdminServer> {
  const { host, port, connectionsMax, snapshot } = options;
  const server = createServer(
    { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs },
    (request, response) => {
      const path = (request.url ?? '/').split('?', 1)[0]!;
      const { status, body } = answerAdmin(snapshot, { method: request.method ?? 'GET', path });
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(body));
    },
  );
  server.maxConnections = connectionsMax;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.removeListener('error', reject);
      // Failing to accept concerns one newcomer, never the broker.
      server.on('error', () => undefined);
      resolve(adminServer(server, host));
    });
  });
}

function adminServer(server: NodeHttp.Server, host: string): AdminServer {
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${formatAddress(host, port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
