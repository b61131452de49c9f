/** What a script can tell from the exit code. Frozen: scripts depend on it. */
export const ExitCode = {
  ok: 0,
  failure: 1,
  /** The command line itself is wrong: nothing was asked of a broker. */
  usage: 2,
  /** The topic, partition or group that was named does not exist. */
  notFound: 3,
  timeout: 4,
  notAuthorised: 5,
  /** Stopped by Ctrl-C before the work was done, as a shell reports it. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** `USAGE`, `NOT_FOUND`, …: the code of a failure that q itself has no code for. */
export function exitCodeName(code: ExitCode): string {
  const name = Object.entries(ExitCode).find(([, value]) => value === code)?.[0] ?? 'failure';
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/**
 * Error codes of q (`QError.code`) that have an exit code of their own; every other failure is {@link
 * ExitCode.failure}.
 */
const byErrorCode: ReadonlyMap<string, ExitCode> = new Map<string, ExitCode>([
  ['UNKNOWN_TOPIC', ExitCode.notFound],
  ['UNKNOWN_TOPIC_ID', ExitCode.notFound],
  ['UNKNOWN_PARTITION', ExitCode.notFound],
  ['UNKNOWN_GROUP', ExitCode.notFound],
  ['REQUEST_TIMED_OUT', ExitCode.timeout],
  ['DELIVERY_TIMED_OUT', ExitCode.timeout],
  ['AUTHENTICATION_REQUIRED', ExitCode.notAuthorised],
  ['AUTHENTICATION_FAILED', ExitCode.notAuthorised],
  ['NOT_AUTHORIZED', ExitCode.notAuthorised],
]);

export function exitCodeOfError(code: string): ExitCode {
  return byErrorCode.get(code) ?? ExitCode.failure;
}
