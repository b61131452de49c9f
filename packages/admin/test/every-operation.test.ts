import type { z } from 'zod';
import { describe, expect, it } from 'vitest';
import { operations } from '../src/operations.ts';
import type { AnyOperation } from '../src/operation/operation.ts';
import { openApiOperation } from '../src/openapi/operations.ts';
import { exampleRequests, requestOf } from './example-requests.ts';
import { FakeProgramLog } from './logs/fake-program-log.ts';
import { adminBroker, openToAll } from './harness.ts';
import { EventReader } from './stream/event-reader.ts';

const all: readonly AnyOperation[] = [...operations, openApiOperation(operations, '0.0.0')];

describe('every operation', () => {
  it('O2 answers as it is documented', async () => {
    const { ask, url } = await adminBroker({ ...openToAll, admin: { log: new FakeProgramLog() } });
    for (const [operation, example] of exampleRequests(all)) {
      const { id } = operation;
      const { path, init } = requestOf(operation, example);
      const { answer } = operation;
      if (answer.kind === 'json') {
        const response = await ask(path, init);
        expect([id, response.status]).toEqual([id, answer.status]);
        // Stricter than a client: what the schema does not know is not said.
        expect([id, strictly(answer.schema).safeParse(await response.json()).error]).toEqual([id, undefined]);
        continue;
      }
      for (const [type, { schema }] of Object.entries(answer.types)) {
        if (type === 'text/event-stream') {
          const reader = await EventReader.open(`${url}${path}`);
          let event = await reader.next();
          if (event?.event === 'begin') event = await reader.next();
          expect([id, schema.safeParse(event!.data).error]).toEqual([id, undefined]);
          reader.close();
        } else {
          const response = await ask(path, { headers: { accept: type } });
          expect([id, type, response.status]).toEqual([id, type, 200]);
          const text = await response.text();
          expect([id, schema.safeParse(type.endsWith('json') ? JSON.parse(text) : text).error]).toEqual([
            id,
            undefined,
          ]);
        }
      }
    }
  });
});

/** An object that has nothing else. */
function strictly(schema: z.ZodType): z.ZodType {
  return 'strict' in schema && typeof schema.strict === 'function' ? (schema.strict() as z.ZodType) : schema;
}
