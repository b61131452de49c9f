/** Bytes from hexadecimal digits; spaces may stand between fields. */
export function hex(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(' ', ''), 'hex');
}
