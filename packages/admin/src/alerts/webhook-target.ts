/** Where alerts go, and how long that may take. */
export interface WebhookTarget {
  /** http or https. */
  readonly url: string;
  /** Signs what is sent; null sends it unsigned. */
  readonly secret: string | null;
}

/** What became of one try. Status 0: there was no answer, and `reason` says why. */
export interface Posted {
  readonly status: number;
  readonly reason: string;
  /** What the target asks for, in ms; null when it does not. */
  readonly retryAfterMs: number | null;
}

/** Sends one request. Does not reject. */
export type Post = (request: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}) => Promise<Posted>;
