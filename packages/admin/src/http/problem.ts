/**
 * Errors as RFC 9457 has them: `application/problem+json`. An error of the broker keeps its code, and its `type` leads
 * to what the code means; what is wrong with the HTTP request alone has a code of its own and the type `about:blank`.
 */
import { errorEntryByName } from '@q/protocol';
import type { ErrorDetails, ErrorName, QError } from '@q/protocol';
import { errorStatus } from './error-status.ts';

/** What is wrong with a request that no service has seen: code, status and title. */
const httpProblems = {
  NOT_FOUND: [404, 'There is nothing here'],
  CONFLICT: [409, 'There is one already'],
  METHOD_NOT_ALLOWED: [405, 'Not a method of this path'],
  NOT_ACCEPTABLE: [406, 'No such form of the answer'],
  BODY_TOO_LARGE: [413, 'The body is too large'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'Not a body of this kind'],
  FORBIDDEN_HOST: [403, 'Not a name of this broker'],
  FORBIDDEN_ORIGIN: [403, 'Not for pages of other origins'],
  TOO_MANY_STREAMS: [503, 'Too many streams are open'],
} as const satisfies Readonly<Record<string, readonly [status: number, title: string]>>;

export type HttpProblem = keyof typeof httpProblems;
export type ProblemCode = ErrorName | HttpProblem;

/** One part of a request that is wrong. */
export interface FieldProblem {
  /** Where it stands: `query.limit`, `params.topic`, `body.partitions`, `header.accept`. */
  readonly field: string;
  /** What was sent; null: nothing. */
  readonly value: string | null;
  /** What may stand there. */
  readonly allowed: string;
}

/** What every error is answered with; `problem-schema.ts` tells the meaning of each. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly retriable: boolean;
  readonly details?: ErrorDetails;
  readonly errors?: readonly FieldProblem[];
}

/** What is told besides code and sentence. */
export interface ProblemOptions {
  readonly errors?: readonly FieldProblem[];
  readonly details?: ErrorDetails;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by whatever serves a request: it is answered with it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly options: ProblemOptions;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail);
    this.code = code;
    this.status = isHttpProblem(code) ? httpProblems[code][0] : errorStatus[code];
    this.options = options;
  }

  /** The same with more headers. */
  withHeaders(headers: Readonly<Record<string, string>>): Problem {
    return new Problem(this.code, this.message, { ...this.options, headers: { ...this.options.headers, ...headers } });
  }

  static from(error: QError): Problem {
    const { details } = error;
    const { setting = details['field'], value, allowed } = details;
    // A setting or a field that is refused is one that is wrong.
    const field = {
      field: String(setting),
      value: value === undefined ? null : String(value),
      allowed: String(allowed),
    };
    const isField = setting !== undefined && allowed !== undefined;
    return new Problem(error.code, error.message, { details, ...(isField && { errors: [field] }) });
  }
}

function isHttpProblem(code: ProblemCode): code is HttpProblem {
  return Object.hasOwn(httpProblems, code);
}

/** The body of the answer. */
export function problemBody({ code, status, message, options }: Problem): ProblemBody {
  const { details = {}, errors } = options;
  const meaning = isHttpProblem(code)
    ? { type: 'about:blank', title: httpProblems[code][1], retriable: code === 'TOO_MANY_STREAMS' }
    : meaningOf(code);
  return {
    ...meaning,
    status,
    code,
    detail: message,
    ...(Object.keys(details).length > 0 && { details }),
    ...(errors !== undefined && { errors }),
  };
}

function meaningOf(code: ErrorName): { type: string; title: string; retriable: boolean } {
  const { description, kind } = errorEntryByName(code);
  return { type: `/api/v1/errors/${code}`, title: description, retriable: kind === 'retry' };
}

/** The answer itself. Whoever may try again is told when. */
export function problemResponse(problem: Problem): Response {
  const body = problemBody(problem);
  return new Response(JSON.stringify(body), {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(body.retriable && { 'retry-after': '1' }),
      ...problem.options.headers,
    },
  });
}
