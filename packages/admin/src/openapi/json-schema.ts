/** Schemas as OpenAPI 3.1 has them: JSON Schema, with those that have a name apart. */
import { z } from 'zod';
import { shownAs } from '../operation/query.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Collects the named schemas of a document. */
export class NamedSchemas {
  readonly #named = new Map<string, JsonSchema>();

  /** The schema, with references in place of the named ones. `input`: as it is sent; `output`: as it is answered. */
  refer(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema: _,
      $defs = {},
      ...json
    } = z.toJSONSchema(schema, {
      io,
      target: 'draft-2020-12',
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => override(zodSchema, jsonSchema, io),
    }) as Record<string, unknown> & { $defs?: Record<string, JsonSchema> };
    for (const [name, definition] of Object.entries($defs)) this.#add(name, definition);
    const { id, ...anonymous } = json;
    if (typeof id !== 'string') return referring(anonymous);
    this.#add(id, anonymous);
    return { $ref: `${componentPrefix}${id}` };
  }

  /** By name. */
  all(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#named].sort(([left], [right]) => (left < right ? -1 : 1)));
  }

  #add(name: string, { id: _, ...definition }: JsonSchema): void {
    const schema = referring(definition);
    const known = this.#named.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema))
      throw new Error(`two schemas have the name ${name}`);
    this.#named.set(name, schema);
  }
}

const componentPrefix = '#/components/schemas/';

/** A text that stands for a number is shown as that number, and readers must be ready for fields that come later. */
function override(zodSchema: z.core.$ZodTypes, jsonSchema: Record<string, unknown>, io: 'input' | 'output'): void {
  const shown = shownAs.get(zodSchema);
  if (shown !== undefined) {
    const { description } = jsonSchema;
    for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
    Object.assign(jsonSchema, shown.schema, description === undefined ? {} : { description });
  }
  if (io === 'output' && jsonSchema['additionalProperties'] === false) delete jsonSchema['additionalProperties'];
}

function referring(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', `"${componentPrefix}`)) as JsonSchema;
}
