import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runClient } from './client-run.ts';
import { allClients } from './clients/all-clients.ts';
import { allFeatures } from './features/all-features.ts';

/** Those whose packages are here already. `pnpm kafka:clients` tries the others, and everything. */
const clients = allClients.filter(({ name }) => ['kafkajs', '@platformatic/kafka'].includes(name));
const features = allFeatures.filter(({ name }) =>
  [
    'zstd, acks 0, 1 and all',
    'idempotent producers',
    'keys, headers, timestamps and nulls, both ways',
    'create, list, describe and delete topics',
    'a record that is too large',
    'SCRAM-SHA-512, plainly and over TLS',
    'PLAIN over TLS',
    'OAUTHBEARER over TLS',
    'a missing permission is told at once',
  ].includes(name),
);

let cacheFolder: string;
beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'q-kafka-'));
});
afterAll(() => rm(cacheFolder, { recursive: true, force: true }));

// Processes, which take long to start on a machine with much else to do.
describe('Kafka clients', { timeout: 60_000 }, () => {
  it.concurrent.each(clients)(
    'B1, A1, SEC-8: $name produces, consumes, administers, and shows who it is',
    async (client) => {
      const said: string[] = [];
      const result = await runClient({
        client,
        features,
        cacheFolder,
        seed: 1,
        onResult: (_client, { feature, verdict, why }) =>
          said.push(verdict === 'yes' ? 'yes' : `${feature.name}: ${why}`),
        signal: new AbortController().signal,
      });
      expect(said).toEqual(features.map(() => 'yes'));
      expect(result.brokerFaults).toEqual([]);
    },
  );
});
