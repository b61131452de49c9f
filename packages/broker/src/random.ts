/** Randomness as the broker sees it. Injected, so that a simulation is repeatable. */
export interface Random {
  /** At least 0 and below 1. */
  next(): number;
  /** Bytes that nobody can guess; the caller owns them. */
  bytes(count: number): Buffer;
}

/** A version 4 UUID in lower case. */
export function randomUuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
