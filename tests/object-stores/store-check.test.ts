import { checkStore, openObjectStore } from '@q/cluster';
import { nodeClock } from '@q/storage';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { storeVendors } from './store-server.ts';
import { buildMsMax } from './versity-program.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each(storeVendors)('a look at the store of $name', ({ start, checksChecksums }) => {
  it(
    'B7 is content, and leaves nothing behind',
    async (context) => {
      const server = await start();
      if ('missing' in server) return context.skip(server.missing);
      onTestFinished(() => server[Symbol.asyncDispose]());
      for (const [name, value] of Object.entries(server.credentials)) vi.stubEnv(name, value);
      await using store = openObjectStore(server.url, { clock: nodeClock });
      const report = await checkStore(store, { clock: nodeClock, id: 'test' });
      expect(report).toMatchObject({ isFit: true, fault: null, leftBehind: 0 });
      const checksum = report.findings.find(({ check }) => check === 'checksum');
      expect(checksum?.verdict).toBe(checksChecksums ? 'passed' : 'warned');
      expect(await store.list('', { timeoutMs: 10_000 })).toMatchObject({ names: [] });
    },
    buildMsMax,
  );
});
