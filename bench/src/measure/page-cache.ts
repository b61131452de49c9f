import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const control = '/proc/sys/vm/drop_caches';

/**
 * Drops every clean page of the machine's page cache, after what is dirty was written. Only root may; there is no way in
 * Node to do it for one file.
 */
export async function dropPageCache(): Promise<void> {
  await run('sync');
  await writeFile(control, '1\n');
}

/** Why the page cache cannot be dropped here; null when it can. Drops it to find out. */
export async function whyNotDropped(): Promise<string | null> {
  try {
    await dropPageCache();
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `cold reads need the page cache dropped, which only root may do on its own machine (${control}): ${reason}`;
  }
}
