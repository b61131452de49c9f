import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeBatch, iterateBatches, iterateRecords } from '@q/protocol';
import type { QError } from '@q/protocol';
import { onTestFinished } from 'vitest';
import { startBroker } from '../src/index.ts';
import type { Broker, BrokerOptions } from '../src/index.ts';
import { RawClient } from './raw-client.ts';

/** A broker in memory on a free port, without the admin interface; closed when the test ends. */
export async function testBroker(options: BrokerOptions = {}): Promise<Broker> {
  const broker = await startBroker({ storage: 'memory', port: 0, admin: false, ...options });
  onTestFinished(() => broker.close({ timeoutMs: 100 }));
  return broker;
}

/** A client that has said hello; closed when the test ends. */
export async function testClient(broker: Broker): Promise<RawClient> {
  const client = await RawClient.connect(broker);
  onTestFinished(() => client.close());
  return client;
}

/** An empty folder; removed when the test ends. */
export async function testDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'q-broker-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A batch of records with these values, without keys. */
export function batchOf(...values: string[]): Buffer {
  return encodeBatch(values.map((value) => ({ value: Buffer.from(value), timestampMs: Date.now() })));
}

/** The values in the records of a FETCH answer. */
export function valuesOf(records: Buffer): (string | null)[] {
  return [...iterateBatches(records)].flatMap((batch) =>
    [...iterateRecords(batch)].map((record) => record.valueText()),
  );
}

/** The error that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<QError> {
  const value: unknown = await promise.then(
    (answer) => new Error(`it did not fail, it answered ${JSON.stringify(answer)}`),
    (error: unknown) => error,
  );
  return value as QError;
}
