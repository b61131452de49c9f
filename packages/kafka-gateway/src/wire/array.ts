/**
 * Arrays: a count and the elements. i32 count, -1 = null; compact: varint count + 1, 0 = null.
 */
import { WireFault } from './fault.ts';
import type { Codec, Kind, Layout, NullableKind } from './layout.ts';
import { compactLength, int32Length, neverNull } from './scalars.ts';

export function array<Out, In>(element: Kind<Out, In>): NullableKind<readonly Out[], readonly In[]> {
  const nullableCodec = (layout: Layout): Codec<readonly Out[] | null, readonly In[] | null> => {
    const counts = layout.isFlexible ? compactLength : int32Length;
    const each = element.codec(layout);
    return {
      bytesMin: counts.bytes,
      read: (reader) => {
        const count = counts.read(reader);
        if (count === -1) return null;
        if (count < 0) throw new WireFault(`a count of ${count} is neither a count nor null`);
        reader.checkCount(count, each.bytesMin);
        const elements: Out[] = [];
        try {
          while (elements.length < count) elements.push(each.read(reader));
        } catch (error) {
          throw WireFault.within(error, `[${elements.length}]`);
        }
        return elements;
      },
      write: (writer, elements) => {
        counts.write(writer, elements === null ? -1 : elements.length);
        for (const value of elements ?? []) each.write(writer, value);
      },
      *steps(writer, elements) {
        counts.write(writer, elements === null ? -1 : elements.length);
        for (const value of elements ?? []) {
          each.write(writer, value);
          yield;
        }
      },
    };
  };
  return { blank: [], nullableCodec, codec: (layout) => neverNull(nullableCodec(layout)) };
}
