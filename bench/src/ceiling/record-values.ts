/** What the records of a measurement hold. */
export interface ValueShape {
  readonly valueBytes: number;
  /**
   * Values that differ, as a codec meets them: text with some structure and some chance. False: one value, again and
   * again.
   */
  readonly isVaried: boolean;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
const words = [
  'customer',
  'order',
  'invoice',
  'payment',
  'shipment',
  'address',
  'warehouse',
  'article',
  'price',
  'status',
  'created',
  'updated',
  'cancelled',
  'pending',
  'country',
  'street',
];
/** More than a batch, and more than any codec looks back. */
const variedBytes = 4 << 20;

/** A record's value of the size that is measured; the same bytes in ceiling and product. */
export function recordValue(valueBytes: number): Buffer {
  return Buffer.alloc(valueBytes, alphabet);
}

/** Values to send in turn. The same ones in every process. */
export function recordValues({ valueBytes, isVaried }: ValueShape): readonly Buffer[] {
  if (!isVaried) return [recordValue(valueBytes)];
  const random = generator();
  return Array.from({ length: Math.ceil(variedBytes / valueBytes) }, () => variedValue(valueBytes, random));
}

function variedValue(valueBytes: number, random: () => number): Buffer {
  const value = Buffer.alloc(valueBytes, ' ');
  for (let at = 0; at < valueBytes;)
    at += value.write(`"${words[random() % words.length]}":${random() % 1_000_000},`, at);
  return value;
}

/** Numbers below 2^31 from a seed (Lehmer): the values must not depend on the run. */
function generator(): () => number {
  let state = 20_261_124;
  return () => (state = (state * 48_271) % 0x7fff_ffff);
}
