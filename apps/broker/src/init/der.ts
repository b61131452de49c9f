/**
 * Writes DER (X.690), as much of it as a certificate takes. Each function gives one value with its tag and length.
 *
 *     tag 1 byte │ length: 1 byte below 128, else 0x80 + count of bytes, and these │ content
 */

/** A value of some other type, as its tag says. */
export function tagged(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = bigEndian(length);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

function bigEndian(value: number): number[] {
  return value < 0x100 ? [value] : [...bigEndian(Math.floor(value / 0x100)), value % 0x100];
}

export function sequence(...items: readonly Buffer[]): Buffer {
  return tagged(0x30, ...items);
}

export function set(...items: readonly Buffer[]): Buffer {
  return tagged(0x31, ...items);
}

/** A value within `[number]`, with its own tag inside. */
export function explicit(number: number, ...items: readonly Buffer[]): Buffer {
  return tagged(0xa0 | number, ...items);
}

/** Bytes that stand for a text or a number, under `[number]` in place of their own tag. */
export function implicit(number: number, content: Buffer): Buffer {
  return tagged(0x80 | number, content);
}

/** A number of any size, not below 0, in its shortest form. */
export function integer(bytes: Buffer): Buffer {
  let at = 0;
  while (at < bytes.length - 1 && bytes[at] === 0) at += 1;
  const shortest = bytes.subarray(at);
  // The first bit is that of the sign.
  return (shortest[0] ?? 0) < 0x80 ? tagged(0x02, shortest) : tagged(0x02, Buffer.from([0]), shortest);
}

/** Where false is the default it is left out, so there is no other. */
export const isTrue: Buffer = tagged(0x01, Buffer.from([0xff]));

export function octets(content: Buffer): Buffer {
  return tagged(0x04, content);
}

/** `unused`: how many of the last bits count for nothing. */
export function bits(content: Buffer, unused = 0): Buffer {
  return tagged(0x03, Buffer.from([unused]), content);
}

export function utf8(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text, 'utf8'));
}

/** `1.2.840.10045.2.1`: the first two parts are one number, and each number has 7 bits a byte. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(value: number): number[] {
  const low = value % 0x80;
  return value < 0x80 ? [low] : [...base128(Math.floor(value / 0x80)).map((byte) => byte | 0x80), low];
}

/** To the second: a UTCTime up to 2049, a GeneralizedTime after, as RFC 5280 (4.1.2.5) wants it. */
export function time(at: Date): Buffer {
  const digits = `${at.toISOString().replaceAll(/[-:T]|\.\d+Z/g, '')}Z`;
  return at.getUTCFullYear() < 2050
    ? tagged(0x17, Buffer.from(digits.slice(2), 'latin1'))
    : tagged(0x18, Buffer.from(digits, 'latin1'));
}
