import { startBroker } from '@q/broker';
import type { AdminExtension, Broker, BrokerOptions } from '@q/broker';
import { onTestFinished } from 'vitest';
import { adminExtension } from '../src/index.ts';
import type { AdminOptions } from '../src/index.ts';

/** A broker with its admin interface, and how to ask it. */
export interface AdminBroker {
  readonly broker: Broker;
  /** Of the admin interface: `http://127.0.0.1:…`. */
  readonly url: string;
  /** Asks for a path. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
  /** Asks for a path, and reads the JSON that comes. */
  readonly get: <T>(path: string) => Promise<T>;
  /** Sends JSON. */
  readonly send: (method: string, path: string, body: unknown) => Promise<Response>;
}

export type AdminBrokerOptions = Omit<BrokerOptions, 'admin'> & {
  readonly admin?: AdminOptions;
  /** How the admin server listens; null: as `listeners` says. */
  readonly server?: Omit<Exclude<BrokerOptions['admin'], false | undefined>, 'extension'> | null;
};

/** A broker with users and rules where whoever comes may everything. */
export const openToAll: AdminBrokerOptions = {
  security: { mechanisms: ['SCRAM-SHA-256'], superUsers: ['User:ANONYMOUS'] },
  server: { authentication: 'none' },
};

/** A broker in memory with the admin interface on a free port, gone with the test. Resolves when it answers. */
export async function adminBroker({
  admin = {},
  server = {},
  ...options
}: AdminBrokerOptions = {}): Promise<AdminBroker> {
  const { extension, opened } = watched(adminExtension(admin));
  const broker = await startBroker({
    storage: 'memory',
    ...(options.listeners?.some(({ protocol }) => protocol === 'native') !== true && { port: 0 }),
    ...options,
    admin: { ...(server !== null && { port: 0, ...server }), extension },
  });
  onTestFinished(() => broker.close({ timeoutMs: 100 }));
  await opened;
  const url = broker.adminUrl!;
  const ask: AdminBroker['ask'] = (path, init) => fetch(`${url}${path}`, init);
  return {
    broker,
    url,
    ask,
    get: async <T>(path: string) => (await (await ask(path)).json()) as T,
    send: (method, path, body) =>
      ask(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  };
}

/** The same extension, and when it is open. */
function watched(extension: AdminExtension): { extension: AdminExtension; opened: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const open: AdminExtension['open'] = async (services, tools) => {
    const opened = await extension.open(services, tools);
    // After the broker has taken the listener.
    tools.clock.defer(resolve);
    return opened;
  };
  return { extension: { open }, opened: promise };
}
