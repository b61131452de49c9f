import { describe, expect, it } from 'vitest';
import { apiByKey, apis } from '../../src/index.ts';
import type { KindShape } from '../../src/index.ts';

function docsOf(shape: KindShape): string[] {
  if (shape.type === 'array' || shape.type === 'nullableArray') return docsOf(shape.element);
  if (shape.type !== 'struct') return [];
  return shape.fields.flatMap(({ doc, kind }) => [doc, ...docsOf(kind)]);
}

describe('apis', () => {
  // Keys travel on the wire: a row may be added here, never changed or taken away.
  it('W1 keep every key they ever had', () => {
    expect(Object.fromEntries(apis.map(({ name, key }) => [name, key]))).toEqual({
      HELLO: 0,
      PRODUCE: 1,
      FETCH: 2,
      METADATA: 3,
      LIST_OFFSETS: 4,
      CREATE_TOPIC: 5,
      DELETE_TOPIC: 6,
      LIST_TOPICS: 7,
      DESCRIBE_TOPIC: 8,
      ALTER_TOPIC: 9,
      ADD_PARTITIONS: 10,
      DELETE_RECORDS: 11,
      INIT_PRODUCER: 12,
      STATS: 13,
      PING: 14,
      GROUP_HEARTBEAT: 15,
      COMMIT_OFFSET: 16,
      FETCH_OFFSET: 17,
      LIST_GROUPS: 18,
      DESCRIBE_GROUP: 19,
      DELETE_GROUP: 20,
      RESET_OFFSETS: 21,
      DELETE_OFFSETS: 22,
      REOPEN_PARTITIONS: 23,
      AUTHENTICATE: 24,
      END_TRANSACTION: 25,
      STAGE_OFFSETS: 26,
    });
  });

  it('are found by key', () => {
    for (const api of apis) expect(apiByKey(api.key)).toBe(api);
  });

  it.each([-1, 27, 0xffff, 1.5, Number.NaN])('are not found by the key %s', (key) => {
    expect(apiByKey(key)).toBeUndefined();
  });

  it.each(apis)('W1 $name has sane versions, names after its key word, and docs everywhere', (api) => {
    expect(api.versions.min).toBeGreaterThanOrEqual(0);
    expect(api.versions.max).toBeGreaterThanOrEqual(api.versions.min);
    const pascal = api.name
      .toLowerCase()
      .replaceAll(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
    expect(api.request.shape.name).toBe(`${pascal}Request`);
    expect(api.response.shape.name).toBe(`${pascal}Response`);
    for (const doc of [api.doc, ...docsOf(api.request.shape), ...docsOf(api.response.shape)])
      expect(doc).toMatch(/\S{2,}/);
  });
});
