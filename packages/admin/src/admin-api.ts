/** The operations as hono's client knows them: `hc<AdminApi>(url)`. */
import type { Hono } from 'hono';
import type { z } from 'zod';
import type { AnyOperation, JsonAnswer } from './operation/operation.ts';
import type { operations } from './operations.ts';

/** The admin interface of a broker, for `hc` of `hono/client`. */
export type AdminApi = Hono<object, SchemaOf<(typeof operations)[number]>>;

type SchemaOf<O extends AnyOperation> = {
  [P in O['path']]: {
    [M in Extract<O, { path: P }>['method'] as `$${M}`]: Endpoint<Extract<O, { path: P; method: M }>>;
  };
};

/** No interface: hono looks for paths with a pattern of methods, which only a type of this kind fits. */
type Endpoint<O extends AnyOperation> = {
  readonly input: Part<'param', O['params']> & Part<'query', O['query']> & Part<'json', O['body']>;
  readonly output: O['answer'] extends JsonAnswer<infer S> ? z.output<S> : string;
  readonly outputFormat: O['answer'] extends JsonAnswer<z.ZodType> ? 'json' : 'text';
  readonly status: O['answer']['status'];
};

/** What an operation does not take is not asked for, and what may be left out altogether may be left out. */
type Part<N extends string, S> =
  NonNullable<S> extends z.ZodType<unknown, infer I>
    ? unknown extends I
      ? object
      : object extends I
        ? { readonly [K in N]?: I }
        : { readonly [K in N]: I }
    : object;
