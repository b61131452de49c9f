import { statfs } from 'node:fs/promises';
import { sizeName } from './size-name.ts';

/** Left free on the disk, whatever is measured. */
const reserveBytes = 2 * 2 ** 30;

/** Why there is no room for so many bytes; null when there is. */
export async function whyNoRoom(directory: string, bytes: number): Promise<string | null> {
  const { bavail, bsize } = await statfs(directory);
  const freeBytes = bavail * bsize;
  if (freeBytes >= bytes + reserveBytes) return null;
  return `${sizeName(bytes)} of log and ${sizeName(reserveBytes)} to spare do not fit: ${sizeName(freeBytes)} are free; choose another disk with --dir`;
}
