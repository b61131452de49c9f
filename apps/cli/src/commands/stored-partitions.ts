import { findStoredPartitions, nodeFileSystem } from '@q/storage';
import type { StoredPartition } from '@q/storage';
import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';

/** What lies at the paths of a command line, in their order. */
export async function storedPartitions(paths: readonly string[]): Promise<StoredPartition[]> {
  const found: StoredPartition[] = [];
  for (const path of paths) {
    try {
      found.push(...(await findStoredPartitions(nodeFileSystem, path)));
    } catch (error) {
      throw fileError(error);
    }
  }
  return found;
}

/** What storage or the system says of a file, as a failure of the command. */
export function fileError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return error;
  const exitCode = code === 'UNKNOWN_LOG' || code === 'ENOENT' ? ExitCode.notFound : ExitCode.failure;
  return new CommandError(exitCode, error.message, { cause: error, code });
}
