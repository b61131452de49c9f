import { ExitCode } from './exit-code.ts';
import type { Settings } from './settings.ts';

export interface StartFailure {
  readonly line: string;
  readonly exitCode: ExitCode;
}

/** An error of ours or of the system, as far as it is read here. */
interface Cause {
  readonly code?: string;
  readonly message?: string;
  readonly syscall?: string;
  readonly port?: number;
  readonly path?: string;
  readonly cause?: unknown;
}

/** One line that says why the broker did not start and what to do, for the errors that an operator can do something about. */
export function explainStartFailure(error: unknown, settings: Settings): StartFailure {
  for (let cause = error as Cause | undefined; cause !== undefined && cause !== null; cause = cause.cause as Cause | undefined) {
    const line = explain(cause, settings);
    if (line !== null) return { line, exitCode: cause.code === 'INVALID_CONFIG' ? ExitCode.badSettings : ExitCode.failed };
  }
  return { line: `the broker could not start: ${error instanceof Error ? error.message : String(error)}`, exitCode: ExitCode.failed };
}

function explain(cause: Cause, settings: Settings): string | null {
  const isAdmin = cause.port !== undefined && cause.port === settings.adminPort;
  const flags = isAdmin ? { host: '--admin-host', port: '--admin-port' } : { host: '--host', port: '--port' };
  const host = isAdmin ? settings.adminHost : settings.host;
  const port = cause.port ?? settings.port;
  switch (cause.code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is in use, perhaps by another broker; choose another with ${flags.port}`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is not an address of this machine; choose another with ${flags.host}`;
    case 'EACCES':
    case 'EPERM':
      if (cause.syscall === 'listen') return `listening on port ${port} is not allowed to this user; choose another with ${flags.port}`;
      return `the data folder ${settings.dataDir} cannot be used: no permission for ${cause.path ?? 'it'}; choose another with --data-dir`;
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EROFS':
    case 'ENOSPC':
      return `the data folder ${settings.dataDir} cannot be used: ${cause.message ?? cause.code}; choose another with --data-dir`;
    case 'STORAGE_LOCKED':
      return `the data folder ${settings.dataDir} is in use by another broker; stop that one, or choose another with --data-dir`;
    case 'INVALID_CONFIG':
      return `topicDefaults: ${cause.message ?? 'not allowed'}`;
    default:
      return null;
  }
}
