import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { operations } from '../../src/operations.ts';
import { adminBroker } from '../harness.ts';

interface Document extends Shown {
  readonly openapi: string;
}

interface Shown {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly parameters: readonly unknown[]; readonly operationId: string }>>>
  >;
  readonly components: { readonly schemas: object };
}

describe('the OpenAPI document', () => {
  it('O2 is valid, and has every operation', async () => {
    const { get } = await adminBroker();
    const document = await get<Document>('/api/v1/openapi.json');
    const result = await new Validator().validate({ ...document });
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(document.openapi).toBe('3.1.0');
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(ids.toSorted()).toEqual([...operations.map(({ id }) => id), 'getOpenApi'].toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('O2 shows numbers of addresses as numbers, and names its schemas', async () => {
    const { get } = await adminBroker();
    const document = await get<Shown>('/api/v1/openapi.json');
    expect(document.paths['/api/v1/topics']!['get']!.parameters).toContainEqual({
      name: 'limit',
      in: 'query',
      required: false,
      description: expect.any(String) as string,
      schema: { type: 'integer', minimum: 1, maximum: 1000 },
    });
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['Problem', 'FieldProblem', 'TopicList', 'NewTopic', 'Record', 'Stats']),
    );
  });
});
