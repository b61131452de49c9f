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
  readonly details?: { readonly setting?: unknown; readonly pid?: unknown; readonly host?: unknown };
  readonly cause?: unknown;
}

/**
 * One line that says why the broker did not start and what to do, for the errors that an operator can do something
 * about.
 */
export function explainStartFailure(error: unknown, settings: Settings): StartFailure {
  const causes = chainOf(error);
  const listening = listenerOf(causes, settings);
  const opening = { isFolder: causes.some((cause) => cause.details?.setting === 'dataDir') };
  for (const cause of causes) {
    const line = explainAddress(cause, listening) ?? explainFolder(cause, settings, opening);
    if (line !== null) return { line, exitCode: ExitCode.failed };
  }
  // The broker checks what only it knows, such as the settings of topics, and its message names the setting.
  const refused = causes.find((cause) => cause.code === 'INVALID_CONFIG');
  if (refused !== undefined)
    return { line: refused.message ?? 'a setting is not allowed', exitCode: ExitCode.badSettings };
  // A wrapper often repeats the message of what it wraps.
  const messages = new Set(causes.map((cause) => cause.message));
  const line = `the broker could not start: ${[...messages].join(': ')}${explanation(causes)}`;
  return { line, exitCode: ExitCode.failed };
}

/** Where to read more about it. */
function explanation(causes: readonly Cause[]): string {
  const known = causes.find(({ code }) => code !== undefined && explained.has(code));
  return known === undefined ? '' : `; q explain ${known.code} tells more`;
}

const explained: ReadonlySet<string> = new Set(['STORAGE_FULL', 'STORAGE_FAILED', 'CORRUPT_LOG']);

/** The error and its causes, outermost first. */
function chainOf(error: unknown): Cause[] {
  const causes: Cause[] = [];
  for (let next = error; next instanceof Error && causes.length < 10; next = next.cause) causes.push(next);
  return causes.length > 0 ? causes : [{ message: String(error) }];
}

/** Where the program tried to listen, and the flags that say so. */
interface ListenSettings {
  readonly host: string;
  readonly port: number | null;
  readonly flags: { readonly host: string; readonly port: string };
}

function listenerOf(causes: readonly Cause[], settings: Settings): ListenSettings {
  const { host, port, adminHost, adminPort, kafkaHost, kafkaPort } = settings;
  const isOf = (setting: string): boolean => causes.some((cause) => cause.details?.setting === setting);
  if (isOf('admin.port'))
    return { host: adminHost, port: adminPort, flags: { host: '--admin-host', port: '--admin-port' } };
  if (isOf('doors.kafka.port'))
    return { host: kafkaHost, port: kafkaPort, flags: { host: '--kafka-host', port: '--kafka-port' } };
  return { host, port, flags: { host: '--host', port: '--port' } };
}

function explainAddress(cause: Cause, { host, flags, ...settings }: ListenSettings): string | null {
  const port = cause.port ?? settings.port;
  switch (cause.code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is in use, perhaps by another broker; choose another with ${flags.port}`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is not an address of this machine; choose another with ${flags.host}`;
    case 'EACCES':
      return cause.syscall === 'listen'
        ? `listening on port ${port} is not allowed to this user; choose another with ${flags.port}`
        : null;
    default:
      return null;
  }
}

function explainFolder(cause: Cause, settings: Settings, { isFolder }: { isFolder: boolean }): string | null {
  switch (cause.code) {
    case 'STORAGE_LOCKED':
      return `the data folder ${settings.dataDir} is in use by ${ownerOf(cause)}; stop that one, or choose another with --data-dir`;
    case 'UNSUPPORTED_FORMAT':
      return `the data folder ${settings.dataDir} cannot be used: ${cause.message ?? cause.code}`;
    case 'EACCES':
    case 'EPERM':
      return `the data folder ${settings.dataDir} cannot be used: no permission for ${cause.path ?? 'it'}; choose another with --data-dir`;
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EROFS':
    case 'ENOSPC':
      return unusable(cause, settings);
    default:
      return isFolder && cause.syscall !== undefined ? unusable(cause, settings) : null;
  }
}

function unusable(cause: Cause, { dataDir }: Settings): string {
  const isFull = cause.code === 'ENOSPC';
  const more = isFull ? '; q explain STORAGE_FULL tells more' : '';
  return `the data folder ${dataDir} cannot be used: ${cause.message ?? cause.code}; choose another with --data-dir${more}`;
}

function ownerOf({ details }: Cause): string {
  if (typeof details?.pid !== 'number') return 'another broker';
  const host = typeof details.host === 'string' && details.host !== '' ? ` of host ${details.host}` : '';
  return `another broker, process ${details.pid}${host}`;
}
