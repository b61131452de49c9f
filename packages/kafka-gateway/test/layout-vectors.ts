import { expect } from 'vitest';
import type { Message } from '../src/messages/api.ts';
import { WireWriter } from '../src/wire/writer.ts';

/** These bytes (hex, blanks for the eye) decode to the value, and its encoding is the same bytes. */
export function expectLayout<T>(message: Message<T, T>, version: number, hex: string, value: Partial<T>): void {
  const bytes = hex.replaceAll(/\s/g, '');
  const decoded = message.decode(Buffer.from(bytes, 'hex'), 0, version);
  expect(decoded, `v${version}`).toMatchObject(value);
  const writer = new WireWriter();
  message.encode(writer, version, decoded);
  expect(Buffer.concat(writer.finish()).toString('hex'), `v${version}`).toBe(bytes);
}
