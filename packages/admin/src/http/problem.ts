/**
 * Errors as RFC 9457 has them: `application/problem+json`. An error of the broker keeps its code, and its `type` leads
 * to what the code means; what is wrong with the HTTP request alone has a code of its own and the type `about:blank`.
 */
import { errorEntryByName } from '@q/protocol';
import type { ErrorDetails, ErrorName, QError } from '@q/protocol';
import { z } from 'zod';
import { errorStatus } from './error-status.ts';

/** What is wrong with a request that no service has seen: code, status and title. */
const httpProblems = {
  NOT_FOUND: [404, 'There is nothing here'],
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

/** One part of a request that is wrong: where it stands, what it is, and what may stand there. */
export const fieldProblem: z.ZodObject<{
  field: z.ZodString;
  value: z.ZodNullable<z.ZodString>;
  allowed: z.ZodString;
}> = z
  .object({
    field: z.string().describe('Where it stands: `query.limit`, `params.topic`, `body.partitions`, `header.accept`.'),
    value: z
      .string()
      .nullable()
      .describe('What was sent, as JSON where it is no text, cut to 200 characters; null: nothing.'),
    allowed: z.string().describe('What may stand there.'),
  })
  .meta({ id: 'FieldProblem' });
export type FieldProblem = z.infer<typeof fieldProblem>;

/** What every error is answered with. */
export const problemSchema = z
  .object({
    type: z
      .string()
      .describe('Where the meaning of the code is told, relative to the request; `about:blank`: nowhere.'),
    title: z.string().describe('What the code means, in one sentence.'),
    status: z.int().describe('The HTTP status.'),
    code: z.string().describe('The stable name of the error, for programs.'),
    detail: z.string().describe('What is wrong with this request, for people.'),
    retriable: z.boolean().describe('The same request may succeed when it is sent again after a pause.'),
    details: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .describe('Facts, for programs.')
      .optional(),
    errors: z.array(fieldProblem).describe('Each part of the request that is wrong.').optional(),
  })
  .meta({ id: 'Problem', description: 'An error, as RFC 9457 has it.' });

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

  static from(error: QError): Problem {
    const { details } = error;
    const { setting, value, allowed } = details;
    // A setting that is refused is a field that is wrong.
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
export function problemBody({ code, status, message, options }: Problem): z.infer<typeof problemSchema> {
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
    ...(errors !== undefined && { errors: [...errors] }),
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
