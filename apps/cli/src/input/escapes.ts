import { usageError } from '../command-error.ts';

const single: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', 0: '\0', '\\': '\\', e: '\u001B' };

export const escapesHelp = '\\n \\t \\r \\0 \\e \\\\ and \\xHH';

/**
 * Text with backslash escapes to bytes. Bytes and not a string, because `\xFF` is one byte and no character of UTF-8.
 */
export function unescapeBytes(text: string): Buffer {
  const parts: Buffer[] = [];
  for (const [, plain, hex, escaped] of text.matchAll(/([^\\]+)|\\x([0-9A-Fa-f]{2})|\\([\s\S]?)/g)) {
    if (plain !== undefined) parts.push(Buffer.from(plain));
    else if (hex !== undefined) parts.push(Buffer.from(hex, 'hex'));
    else {
      const meant = single[escaped ?? ''];
      if (meant === undefined) throw usageError(`"\\${escaped}" is not an escape; allowed: ${escapesHelp}`);
      parts.push(Buffer.from(meant));
    }
  }
  return Buffer.concat(parts);
}
