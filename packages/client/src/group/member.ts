import type { Random } from '../random.ts';

/** This member of the group, as requests name it. */
export interface Member {
  readonly group: string;
  /** Made by the client; the same for as long as the consumer lives. */
  readonly id: string;
  /** Of the last heartbeat answer; 0 while it is not in the group. */
  readonly epoch: number;
  /** Something the broker said does not fit: ask it, with everything we own. */
  doubt(): void;
}

/** A random UUID (version 4). */
export function newMemberId(random: Random): string {
  const bytes = random.bytes(16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
