/**
 * `captures/layouts-4.4.json` has a request and an answer of each version, made by the schemas of Kafka 4.4's own
 * client (`captures/LayoutVectors.java`) with a value in every field (`layout-full`), and with nulls and empty lists
 * wherever they are allowed (`layout-empty`). Each version that is served reads them, and writes the same bytes; of
 * APIs that are not served yet, each version that Kafka 4.4 has.
 */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Api } from '../../src/messages/api.ts';
import { servedVersions } from '../../src/session/served-versions.ts';
import { expectSameBytes } from '../capture-vectors.ts';
import { exchangesIn } from '../captures.ts';

const folder = new URL('../../src/messages/', import.meta.url);
const layouts = exchangesIn('layouts-4.4');
/** Of Produce only the versions are listed that close the connection. */
const withoutLayout = new Set(['0 v0', '0 v1', '0 v2']);

async function allApis(): Promise<Api[]> {
  const files = readdirSync(folder).filter((name) => name !== 'api.ts');
  const modules = files.map((name) => import(new URL(name, folder).href) as Promise<Record<string, unknown>>);
  return (await Promise.all(modules)).flatMap((module) => Object.values(module).filter(isApi));
}

function isApi(value: unknown): value is Api {
  return typeof value === 'object' && value !== null && 'flexibleSince' in value;
}

const byNumber = (left: number, right: number): number => left - right;
const apis = await allApis();

describe('layouts', () => {
  it('B1 there is one for each version that is served', () => {
    const served = apis.map(({ key }) => key).filter((key) => servedVersions.has(key));
    expect(served.toSorted(byNumber)).toEqual([...servedVersions.keys()].toSorted(byNumber));
    const there = new Set(layouts.map(({ apiKey, apiVersion }) => `${apiKey} v${apiVersion}`));
    for (const [key, { min, max }] of servedVersions) {
      for (let version = min; version <= max; version += 1) {
        const name = `${key} v${version}`;
        expect(there.has(name) || withoutLayout.has(name), name).toBe(true);
      }
    }
  });

  it.each(apis)('B1 of $name are those of Kafka 4.4, in every version', (api) => {
    const { min, max } = servedVersions.get(api.key) ?? { min: 0, max: Infinity };
    const ours = layouts.filter(({ apiKey, apiVersion: v }) => apiKey === api.key && v >= min && v <= max);
    expect(ours.length).toBeGreaterThan(0);
    for (const exchange of ours) expectSameBytes(api, exchange);
  });
});
