import type { KindShape, ScalarName } from '../../src/index.ts';
import * as scalars from '../../src/schema/scalars.ts';
import type { Kind } from '../../src/schema/kind.ts';
import type { Writer } from '../../src/schema/writer.ts';

/**
 * Writes a value as its shape, from which the specification is made, says. Apart from all codecs but those of scalars.
 */
export function writeByShape(writer: Writer, value: unknown, shape: KindShape, version: number): void {
  switch (shape.type) {
    case 'struct':
      for (const { name, kind, since } of shape.fields) {
        if (since <= version) writeByShape(writer, (value as Record<string, unknown>)[name], kind, version);
      }
      return;
    case 'array':
    case 'nullableArray': {
      const items = value as readonly unknown[] | null;
      writer.varint(items === null ? 0 : items.length + (shape.type === 'array' ? 0 : 1));
      for (const item of items ?? []) writeByShape(writer, item, shape.element, version);
      return;
    }
    default:
      (scalars as unknown as Record<ScalarName, Kind<unknown>>)[shape.type].codec(version).encode(writer, value);
  }
}
