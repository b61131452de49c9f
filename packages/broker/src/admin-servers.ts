/** The ports of the admin HTTP interface: one server each, with one answer for all. */
import { adminUrlFor } from './admin/admin-url.ts';
import type { AdminGate } from './admin/admin-gate.ts';
import type { AdminListenerWays } from './admin/node-admin-request.ts';
import type { AdminListener, AdminServer } from './admin/node-admin-server.ts';
import type { AdminSnapshot } from './admin/admin-snapshot.ts';
import type { Closers } from './closers.ts';
import { listenError } from './errors/start-error.ts';
import type { ResolvedOptions } from './options.ts';
import type { TlsKeeper } from './tls/tls-keeper.ts';
import { userNamedBy } from './identity-at.ts';
import { loginsOf } from './listener-options.ts';
import type { ListenerAddress, ResolvedListener } from './listener-options.ts';
import { fieldOf } from './resolve-listeners.ts';

export interface AdminServers {
  /** The first of them. */
  readonly url: string;
  readonly addresses: readonly ListenerAddress[];
  /** From now on `listener` answers what is not the server's own. */
  readonly extend: (listener: AdminListener) => void;
}

/** What all of them share. */
interface AdminTogether {
  readonly gate: AdminGate;
  readonly snapshot: () => AdminSnapshot;
  /** Null: none encrypts. */
  readonly tls: TlsKeeper | null;
}

/** Null: there is none. @throws QError INVALID_CONFIG */
export async function startAdminServers(
  options: ResolvedOptions,
  o: AdminTogether & { readonly closers: Closers },
): Promise<AdminServers | null> {
  const wanted = options.listeners.filter(({ protocol }) => protocol === 'admin');
  if (wanted.length === 0) return null;
  const servers: AdminServer[] = [];
  const addresses: ListenerAddress[] = [];
  for (const listener of wanted) {
    const server = await start(listener, options, o);
    const { name, host } = listener;
    servers.push(server);
    addresses.push({
      name,
      protocol: 'admin',
      host,
      port: server.port,
      isEncrypted: server.renew !== null,
      logins: loginsOf(listener),
    });
    o.tls?.serve(name, server.renew ?? undefined);
    o.closers.add(() => server.close());
  }
  return {
    url: servers[0]!.url,
    addresses,
    extend: (answer) => servers.forEach((server) => server.extend(answer)),
  };
}

async function start(
  listener: ResolvedListener,
  { adminConnectionsMax: connectionsMax, adminExtension, limits, security }: ResolvedOptions,
  { gate, snapshot, tls }: AdminTogether,
): Promise<AdminServer> {
  const { name, host, port, setting } = listener;
  // Loaded only where it is wanted: an embedded broker without it starts faster and stays smaller.
  const { startAdminServer } = await import('./admin/node-admin-server.ts');
  const listening = startAdminServer({
    host,
    port,
    ways: waysOf(listener, security),
    gate,
    material: tls?.materialOf(name) ?? null,
    handshakeTimeoutMs: () => limits.handshakeTimeoutMs,
    connectionsMax,
    snapshot,
    isExtended: adminExtension !== null,
  });
  return await listening.catch((error: unknown) => {
    throw listenError(error, { setting: fieldOf(setting, 'port'), host, port });
  });
}

/** Where nobody is asked, whoever shows who they are is taken at their word all the same. */
function waysOf(
  { authentication }: Pick<ResolvedListener, 'authentication'>,
  security: ResolvedOptions['security'],
): AdminListenerWays {
  const { mechanisms = security?.mechanisms ?? [], mapping = null } = authentication ?? {};
  const userOf: AdminListenerWays['userOf'] = (shown) => (mapping === null ? null : userNamedBy(shown, mapping));
  return { mechanisms, isOpen: authentication === null, userOf };
}

/** Clients are told the admin interface that is encrypted as their own listener is, or else any. */
export function adminUrlAt(
  admin: AdminServers | null,
): (localAddress: string, listener: ResolvedListener) => string | null {
  const places = admin?.addresses ?? [];
  return (localAddress, { tls, advertised }) => {
    const alike = places.find(({ isEncrypted }) => isEncrypted === (tls !== null)) ?? places[0];
    if (alike === undefined) return null;
    const { host, port, isEncrypted } = alike;
    const place = { scheme: isEncrypted ? 'https' : 'http', host, port } as const;
    return adminUrlFor(place, advertised?.host ?? null)(localAddress);
  };
}
