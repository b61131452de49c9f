import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, ServerProcess } from '../../bench/src/peers/server-process.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { versityProgram } from './versity-program.ts';

/** A store of somebody else that speaks S3, on this machine. */
export interface StoreServer extends AsyncDisposable {
  /** Of the bucket `q-test`, without a prefix. */
  readonly url: string;
  /** What the client finds in its environment. */
  readonly credentials: Readonly<Record<string, string>>;
}

export interface StoreVendor {
  readonly name: string;
  /** Whether it looks at checksums. */
  readonly checksChecksums: boolean;
  /** A server with an empty bucket, or why there is none. */
  readonly start: () => Promise<StoreServer | { readonly missing: string }>;
}

const credentials = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test-secret',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  AWS_CONFIG_FILE: '/nonexistent',
};

/** To build one, or to install it, takes longer than all that it is asked: `.ci/run` does it in a step of its own. */
const notAsked =
  process.env['OBJECT_STORES'] === undefined
    ? { missing: 'stores of others are tried with OBJECT_STORES=1 pnpm test tests/object-stores' }
    : null;

/** Files of one folder, without syncs: right under races, and quick. */
const versity: StoreVendor = {
  name: 'versitygw',
  checksChecksums: true,
  async start() {
    if (notAsked !== null) return notAsked;
    const program = await versityProgram();
    if (typeof program !== 'string') return program;
    const folder = await mkdtemp(join(tmpdir(), 'q-versitygw-'));
    await mkdir(join(folder, 'q-test'));
    const [port, secondPort] = [await freePort(), await freePort()];
    const addresses = [`127.0.0.1:${port}`, `127.0.0.1:${secondPort}`];
    const env = {
      ROOT_ACCESS_KEY_ID: credentials.AWS_ACCESS_KEY_ID,
      ROOT_SECRET_ACCESS_KEY: credentials.AWS_SECRET_ACCESS_KEY,
    };
    const args = [...addresses.flatMap((address) => ['--port', address]), '--quiet', '--keep-alive', 'posix', folder];
    const server = await ServerProcess.start({ program, args, env }, /single account mode/);
    await untilAnswers(`http://${addresses[0]}/`);
    return {
      url: `s3://q-test?${addresses.map((address) => `endpoint=http://${address}`).join('&')}`,
      credentials,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await rm(folder, { recursive: true });
      },
    };
  },
};

/** In memory, in Python. */
const moto: StoreVendor = {
  name: 'moto',
  checksChecksums: false,
  async start() {
    if (notAsked !== null) return notAsked;
    const requirements = fileURLToPath(new URL('moto-requirements.txt', import.meta.url));
    const environment = await pythonEnvironment('moto', requirements);
    if ('missing' in environment) return environment;
    const port = await freePort();
    const args = ['-H', '127.0.0.1', '-p', `${port}`];
    const program = join(environment.programs, 'moto_server');
    const server = await ServerProcess.start({ program, args }, /Running on/);
    await fetch(`http://127.0.0.1:${port}/q-test`, { method: 'PUT' });
    return {
      url: `s3://q-test?endpoint=http://127.0.0.1:${port}`,
      credentials,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

export const storeVendors: readonly StoreVendor[] = [versity, moto];

/** It says that it starts before it listens. */
async function untilAnswers(url: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (tries === 2_000) throw error;
    }
  }
}
