/**
 * Every API of the Kafka door with the versions that it serves, found in its sources: one that is added there is fuzzed
 * here, without being listed.
 */
import { readdirSync } from 'node:fs';
import type { Api } from '../packages/kafka-gateway/src/messages/api.ts';
import { servedVersions } from '../packages/kafka-gateway/src/session/served-versions.ts';
import { captureFiles, exchangesIn } from '../packages/kafka-gateway/test/captures.ts';
import type { Exchange } from '../packages/kafka-gateway/test/captures.ts';

export type KafkaApi = Api<unknown, unknown, unknown, unknown>;

/** An API, and a version of it that is served. */
export interface ServedApi {
  readonly api: KafkaApi;
  readonly version: number;
}

const messages = new URL('../packages/kafka-gateway/src/messages/', import.meta.url);

/** @throws Error when an API is served whose layout is not found */
export async function servedKafkaApis(): Promise<ServedApi[]> {
  const modules = readdirSync(messages)
    .filter((name) => name.endsWith('.ts') && name !== 'api.ts')
    .map((name) => import(new URL(name, messages).href) as Promise<Record<string, unknown>>);
  const apis = (await Promise.all(modules)).flatMap((module) => Object.values(module).filter(isApi));
  return [...servedVersions].flatMap(([key, { min, max }]) => {
    const api = apis.find((each) => each.key === key);
    if (api === undefined) throw new Error(`the layout of API ${key} is in no file of ${messages.pathname}`);
    return Array.from({ length: max - min + 1 }, (_, index) => ({ api, version: min + index }));
  });
}

function isApi(value: unknown): value is KafkaApi {
  return typeof value === 'object' && value !== null && 'key' in value && 'flexibleSince' in value;
}

/** What real clients and a real Kafka said: frames without their lengths. */
export const recordedExchanges: readonly Exchange[] = captureFiles.flatMap((name) => exchangesIn(name));

/** Of each version one with a value in every field and one with nothing, by the schemas of Kafka's own client. */
export const layoutExchanges: readonly Exchange[] = exchangesIn('layouts-4.4');
