/** The OpenAPI 3.1 document of the operations, out of the schemas that check them. */
import { errorEntryByName } from '@q/protocol';
import type { ErrorName } from '@q/protocol';
import { errorStatus } from '../http/error-status.ts';
import { problemSchema } from '../http/problem-schema.ts';
import type { AnyOperation, AnswerSpec } from '../operation/operation.ts';
import { NamedSchemas } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';

export type OpenApiDocument = JsonSchema;

export function openApiDocument(
  operations: readonly AnyOperation[],
  { version }: { readonly version: string },
): OpenApiDocument {
  const schemas = new NamedSchemas();
  const problem = schemas.refer(problemSchema, 'output');
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method]: described(operation, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'q broker: admin interface',
      version,
      description:
        'What operators do with a broker, over HTTP. Where the broker asks who its clients are, each operation wants a login (Basic, Bearer or a certificate) and the rights that docs/SECURITY.md lists. Errors are `application/problem+json` (RFC 9457).',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemas.all(),
      responses: {
        Problem: { description: 'An error.', content: { 'application/problem+json': { schema: problem } } },
      },
    },
  };
}

function described(operation: AnyOperation, schemas: NamedSchemas): JsonSchema {
  const { id, tag, summary, description, body, bodyTypes = ['application/json'] } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    parameters: parametersOf(operation, schemas),
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: Object.fromEntries(bodyTypes.map((type) => [type, { schema: schemas.refer(body, 'input') }])),
      },
    }),
    responses: { ...answerOf(operation.answer, schemas), ...errorsOf(operation.errors ?? []) },
  };
}

function parametersOf({ params, query }: AnyOperation, schemas: NamedSchemas): JsonSchema[] {
  const of = (schema: AnyOperation['params'], where: 'path' | 'query'): JsonSchema[] => {
    if (schema === undefined) return [];
    const { properties = {}, required = [] } = schemas.refer(schema, 'input') as {
      properties?: Record<string, JsonSchema>;
      required?: string[];
    };
    return Object.entries(properties).map(([name, { description, ...rest }]) => ({
      name,
      in: where,
      required: where === 'path' || required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    }));
  };
  return [...of(params, 'path'), ...of(query, 'query')];
}

function answerOf(answer: AnswerSpec, schemas: NamedSchemas): Record<string, JsonSchema> {
  const { status } = answer;
  if (answer.kind === 'json') {
    const content = { 'application/json': { schema: schemas.refer(answer.schema, 'output') } };
    return { [status]: { description: status === 201 ? 'Made.' : 'The answer.', content } };
  }
  const types = Object.entries(answer.types);
  const content = Object.fromEntries(
    types.map(([type, { schema }]) => [type, { schema: schemas.refer(schema, 'output') }]),
  );
  const description = types.map(([type, each]) => `${type}: ${each.description}`).join('\n\n');
  return { [status]: { description, content } };
}

/** Those that an operation names, by their status, and one for all others. */
function errorsOf(errors: readonly ErrorName[]): Record<string, JsonSchema> {
  const byStatus = Map.groupBy(errors, (name) => errorStatus[name]);
  const named = Array.from(byStatus, ([status, names]) => [
    status,
    {
      description: names.map((name) => `\`${name}\`: ${errorEntryByName(name).description}`).join('\n\n'),
      content: problemContent,
    },
  ]);
  return {
    ...(Object.fromEntries(named) as Record<string, JsonSchema>),
    default: { $ref: '#/components/responses/Problem' },
  };
}

const problemContent = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
