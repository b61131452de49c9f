import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runServer } from 'verdaccio';

/** What the registry of other people's packages is, and what it takes to trust it. */
export interface Upstream {
  readonly url: string;
  /** File of certificates. */
  readonly caFile?: string;
}

/**
 * A registry of npm packages on loopback, for the length of a rehearsal. It has what is published to it, and hands
 * requests for everything else on; never those for `@q/*`, so that nothing comes from anywhere but the rehearsal.
 */
export class LocalRegistry implements AsyncDisposable {
  readonly url: string;
  /** A configuration file of npm with a token for this registry. */
  readonly npmConfig: string;
  readonly #server: Server;
  readonly #directory: string;

  private constructor(o: { url: string; npmConfig: string; server: Server; directory: string }) {
    this.url = o.url;
    this.npmConfig = o.npmConfig;
    this.#server = o.server;
    this.#directory = o.directory;
  }

  static async start(upstream: Upstream): Promise<LocalRegistry> {
    const directory = await mkdtemp(join(tmpdir(), 'q-registry-'));
    const server = (await runServer(await configurationOf(directory, upstream))) as Server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const npmConfig = join(directory, 'npmrc');
    const url = `http://${host}/`;
    await mkdir(join(directory, 'cache'));
    const token = await tokenOf(url);
    await writeFile(npmConfig, `registry=${url}\n//${host}/:_authToken=${token}\ncache=${join(directory, 'cache')}\n`);
    return new LocalRegistry({ url, npmConfig, server, directory });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function configurationOf(directory: string, upstream: Upstream): Promise<object> {
  const ca = upstream.caFile === undefined ? {} : { ca: await readFile(upstream.caFile, 'utf8') };
  return {
    self_path: join(directory, 'config.yaml'),
    storage: join(directory, 'storage'),
    auth: { htpasswd: { file: join(directory, 'htpasswd'), algorithm: 'bcrypt', rounds: 4, max_users: 1 } },
    uplinks: { upstream: { url: upstream.url, timeout: '60s', maxage: '30m', ...ca } },
    packages: {
      '@q/*': { access: '$all', publish: '$authenticated' },
      '**': { access: '$all', proxy: 'upstream' },
    },
    web: { enable: false },
    log: { type: 'stdout', format: 'pretty', level: 'error' },
    max_body_size: '64mb',
  };
}

/** Makes the only user of the registry, and returns its token. */
async function tokenOf(url: string): Promise<string> {
  const answer = await fetch(`${url}-/user/org.couchdb.user:rehearsal`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'rehearsal', password: 'rehearsal' }),
  });
  const { token } = (await answer.json()) as { token?: string };
  if (token === undefined) throw new Error(`the local registry gave no token: ${answer.status}`);
  return token;
}
