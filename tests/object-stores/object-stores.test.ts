import { openObjectStore } from '@q/cluster';
import { nodeClock } from '@q/storage';
import { afterAll, afterEach, beforeAll, beforeEach, describe, vi } from 'vitest';
import { objectStoreConformance } from '../../packages/cluster/test/object-store/conformance.ts';
import { storeVendors } from './store-server.ts';
import type { StoreServer } from './store-server.ts';
import { buildMsMax } from './versity-program.ts';

describe.each(storeVendors)('the store of $name', ({ start }) => {
  let server: StoreServer | { readonly missing: string };
  let opened = 0;

  beforeAll(async () => {
    server = await start();
  }, buildMsMax);

  afterAll(async () => {
    if (!('missing' in server)) await server[Symbol.asyncDispose]();
  });

  beforeEach((context) => {
    if ('missing' in server) return context.skip(server.missing);
    for (const [name, value] of Object.entries(server.credentials)) vi.stubEnv(name, value);
  });

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  objectStoreConformance(() => {
    if ('missing' in server) throw new Error(server.missing);
    opened += 1;
    return Promise.resolve(
      openObjectStore(server.url.replace('s3://q-test', `s3://q-test/test-${opened}`), { clock: nodeClock }),
    );
  });
});
