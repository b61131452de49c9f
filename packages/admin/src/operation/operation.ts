/**
 * An operation of the admin interface: one method of one path, with the schemas of what it takes and gives. Routes,
 * checks, the OpenAPI document and the types of the client all come from these.
 */
import type { AdminIdentity, Asking, OwnedCaller } from '@q/broker';
import type { ErrorName } from '@q/protocol';
import type { z } from 'zod';
import type { ServingContext } from '../admin-context.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** A value, written as JSON. */
export interface JsonAnswer<S extends z.ZodType> {
  readonly kind: 'json';
  readonly status: 200 | 201 | 202;
  readonly schema: S;
}

/** What the handler makes itself, in one of these media types: a stream, a text. `schema`: of each piece of it. */
export interface OwnAnswer {
  readonly kind: 'own';
  readonly status: 200;
  readonly types: Readonly<Record<string, { readonly schema: z.ZodType; readonly description: string }>>;
}

export type AnswerSpec = JsonAnswer<z.ZodType> | OwnAnswer;

export interface Operation<
  M extends Method = Method,
  P extends string = string,
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  A extends AnswerSpec = AnswerSpec,
> {
  /** Unique: its name in the OpenAPI document, in statistics (`admin.listTopics`) and in the log. */
  readonly id: string;
  readonly method: M;
  /** As hono has it: `/api/v1/topics/:topic`. */
  readonly path: P;
  /** The heading under which documents show it. */
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: Params;
  /** An object of texts as they stand in the address; transforms make numbers of them. */
  readonly query?: Query;
  /** JSON, unless `bodyTypes` says otherwise; then the handler reads the body itself (`context.request`). */
  readonly body?: Body;
  readonly bodyTypes?: readonly string[];
  /** The body holds a secret: nothing of it is shown when it is wrong. */
  readonly hasSecrets?: boolean;
  readonly answer: A;
  /** Errors of the services that it may answer with, besides those that every operation may. */
  readonly errors?: readonly ErrorName[];
  /** A method, so that an operation fits a list of any: what it is given is what its own schemas have made. */
  handle(
    input: { readonly params: z.output<Params>; readonly query: z.output<Query>; readonly body: z.output<Body> },
    context: RequestContext,
  ): Result<A> | Promise<Result<A>>;
}

/** What a handler gives. */
export type Result<A extends AnswerSpec> = A extends JsonAnswer<infer S> ? z.input<S> : Response;

/** What a handler may use. */
export interface RequestContext extends ServingContext {
  readonly request: Request;
  /** The media type that was chosen among those of an own answer. */
  readonly accepted: string;
  /** Who asks. */
  readonly who: Asking;
  /** The same, for services that want to know when it goes away. The handler ends it. */
  readonly openCaller: () => OwnedCaller;
  /** How whoever asks has shown who it is. */
  readonly shownBy: AdminIdentity['shownBy'];
  /** Whether whoever asks still is who it said, and still may: for answers that go on. */
  readonly holds: () => boolean;
  /** Calls `listener` when `holds` may have become false. Returns how to stop that. */
  readonly onChange: (listener: () => void) => () => void;
  /** Breaks the connection, in the middle of an answer. */
  readonly cut: () => void;
}

/** An operation whose types nobody cares about, as it stands in a list. */
export type AnyOperation = Operation;

/** Gives an operation its types. */
export function operation<
  const M extends Method,
  const P extends string,
  A extends AnswerSpec,
  Params extends z.ZodType = z.ZodType<object>,
  Query extends z.ZodType = z.ZodType<object>,
  Body extends z.ZodType = z.ZodType<undefined>,
>(given: Operation<M, P, Params, Query, Body, A>): Operation<M, P, Params, Query, Body, A> {
  return given;
}

export function json<S extends z.ZodType>(schema: S, status: JsonAnswer<S>['status'] = 200): JsonAnswer<S> {
  return { kind: 'json', status, schema };
}

export function own(types: OwnAnswer['types']): OwnAnswer {
  return { kind: 'own', status: 200, types };
}
