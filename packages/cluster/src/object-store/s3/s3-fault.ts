import type { FaultKind, StoreFault } from '../object-store.ts';

/** What was made of an error of the S3 client. */
export interface S3Failure {
  readonly fault: StoreFault;
  /** Of the answer; null without one. */
  readonly status: number | null;
  /** As the store or the system names it, or ''. */
  readonly code: string;
  /** Whether the request has done nothing, and never will. */
  readonly isCertain: boolean;
}

interface S3Error {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
}

const messageCharactersMax = 300;

/** Nothing was sent: there was nobody to send it to. */
const unsentCodes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'CERT_HAS_EXPIRED'];
const certificateCode = /^(CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;
/** Some stores send these with status 400. */
const deniedCodes = /^(ExpiredToken|InvalidToken|TokenRefreshRequired|InvalidAccessKeyId|AuthorizationHeaderMalformed)/;
const slowCodes = /^(SlowDown|TooManyRequests|RequestLimitExceeded|Throttling)/;
/** The request came too slowly, and what the store has made of it is not said. */
const cutCodes = /^RequestTimeout/;

const kindsOfStatus: Readonly<Record<number, FaultKind>> = {
  401: 'denied',
  403: 'denied',
  408: 'timeout',
  409: 'conflict',
  429: 'throttled',
  501: 'rejected',
  507: 'full',
};
/** The store says that it has not done it, with others nobody knows. */
const uncertainStatuses = [408, 409, 412, 425, 429];

const noRegion = {
  fault: { kind: 'rejected', message: 'no region is known: set AWS_REGION, or add region=… to the URL' },
  isCertain: true,
} as const;

/** `secrets`: what must not be in a message, whatever a store echoes. */
export function s3Failure(error: unknown, secrets: readonly string[]): S3Failure {
  const { name, code: systemCode, message, $metadata } = (error ?? {}) as S3Error;
  const status = typeof $metadata?.httpStatusCode === 'number' ? $metadata.httpStatusCode : null;
  const named = typeof name === 'string' && name !== 'Error' ? name : '';
  const code = typeof systemCode === 'string' ? systemCode : named;
  const said = shown(typeof message === 'string' ? message : String(error), secrets);
  const what = status === null ? code : `${status} ${shown(code, secrets)}`;
  const text = [what, said === code ? '' : said].filter((part) => part !== '').join(': ');
  if (status === null && said === 'Region is missing') return { ...noRegion, status, code };
  const { kind, isCertain } = status === null ? withoutAnswer(code) : answered(status, code);
  return { fault: { kind, message: text }, status, code, isCertain };
}

function withoutAnswer(code: string): { kind: FaultKind; isCertain: boolean } {
  if (/^(CredentialsProvider|TokenProvider|ProcessCredentials)/.test(code)) return { kind: 'denied', isCertain: true };
  if (certificateCode.test(code) || unsentCodes.includes(code)) return { kind: 'unreachable', isCertain: true };
  if (code === 'AbortError') return { kind: 'aborted', isCertain: false };
  // The SDK could not read an answer.
  if (code === 'SyntaxError') return { kind: 'bad_answer', isCertain: false };
  return { kind: 'unreachable', isCertain: false };
}

function answered(status: number, code: string): { kind: FaultKind; isCertain: boolean } {
  if (slowCodes.test(code)) return { kind: 'throttled', isCertain: false };
  if (cutCodes.test(code)) return { kind: 'timeout', isCertain: false };
  if (deniedCodes.test(code)) return { kind: 'denied', isCertain: true };
  if (code === 'NoSuchBucket') return { kind: 'no_store', isCertain: true };
  const isRefusal = status >= 300 && status < 500 && !uncertainStatuses.includes(status);
  const kind = kindsOfStatus[status] ?? (isRefusal ? 'rejected' : status < 300 ? 'bad_answer' : 'server');
  return { kind, isCertain: isRefusal || status === 501 };
}

function shown(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, '***');
  // What a store says goes to terminals and logs.
  clean = clean
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .replace(/[\s.:]+$/, '');
  return clean.length > messageCharactersMax ? `${clean.slice(0, messageCharactersMax)}…` : clean;
}
