/** Nobody has a machine of this size: what is more means that there is no limit. */
const bytesMax = 2 ** 50;

/** What a group of control lets this process have, in bytes; null where nobody has set a limit. */
export function readMemoryLimit(): number | null {
  const bytes = process.constrainedMemory();
  return bytes > 0 && bytes < bytesMax ? bytes : null;
}
