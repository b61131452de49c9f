import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { createAdminApp } from './admin-app.ts';
import type { Health } from './health.ts';

export interface AdminServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Bounds of the admin server: it is for probes and people, so a few connections with small requests are plenty. */
const connectionsMax = 256;
const headersTimeoutMs = 5_000;
const requestTimeoutMs = 10_000;

/** Listens; rejects when the address cannot be had. */
export function startAdminServer(options: { host: string; port: number; health: Health }): Promise<AdminServer> {
  const app = createAdminApp(options.health);
  const listener = getRequestListener(app.fetch);
  const server = createServer({ headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs }, (request, response) => {
    void listener(request, response);
  });
  server.maxConnections = connectionsMax;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, () => {
      server.removeListener('error', reject);
      server.on('error', () => undefined);
      resolve(adminServer(server, options.host));
    });
  });
}

function adminServer(server: Server, host: string): AdminServer {
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
