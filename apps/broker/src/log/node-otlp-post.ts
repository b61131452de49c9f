import type { Ship } from './otlp-shipper.ts';

/** Where lines are sent. */
export interface OtlpTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const timeoutMs = 10_000;
const answerCharactersMax = 200;

/** OTLP/HTTP with JSON, by what Node has. */
export function otlpPost({ url, headers }: OtlpTarget): Ship {
  return async (body) => {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await answer.text();
      const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
      return {
        status: answer.status,
        reason: `status ${answer.status}: ${text.slice(0, answerCharactersMax)}`,
        retryAfterMs: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null,
      };
    } catch (error) {
      const { message, cause } = error as Error;
      const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
      return { status: 0, reason, retryAfterMs: null };
    }
  };
}
