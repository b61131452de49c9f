/** The way of a request through an operation: checked against its schemas, handled, answered, counted. */
import { isBrokerFault, toWireError } from '@q/broker';
import type { AdminIdentity, Asking, OwnedCaller } from '@q/broker';
import type { ErrorName } from '@q/protocol';
import type { ServingContext } from '../admin-context.ts';
import { chooseType } from '../http/chosen-type.ts';
import { Problem, problemResponse } from '../http/problem.ts';
import { readJson } from '../http/request-body.ts';
import { demandRights, hasRights, rightsOf } from './operation-rights.ts';
import { parsed } from './parsed-input.ts';
import type { AnyOperation, AnswerSpec } from './operation.ts';

/** What hono knows of a request. */
export interface Incoming {
  readonly request: Request;
  readonly params: Readonly<Record<string, string>>;
  /** Who asks. */
  readonly identity: AdminIdentity;
  readonly address: string;
  readonly cut: () => void;
}

export function serveOperation(
  operation: AnyOperation,
  context: ServingContext,
): (incoming: Incoming) => Promise<Response> {
  const { clock, meter } = context.tools;
  const counter = meter.api(operation.id);
  const failed = (error: ErrorName, { request, address }: Incoming): void =>
    counter.failed(error, { clientId: request.headers.get('user-agent') ?? '', address });
  return async (incoming) => {
    const startedAt = clock.monotonic();
    const response = await answer(operation, incoming, context).catch((thrown: unknown) => {
      const problem = problemOf(thrown, operation, context);
      if (!(thrown instanceof Problem)) failed(toWireError(thrown).code, incoming);
      else if (problem.status === 400) failed('INVALID_REQUEST', incoming);
      return problemResponse(problem);
    });
    counter.answered({ elapsedMs: clock.monotonic() - startedAt, failed: response.status >= 400 });
    return response;
  };
}

async function answer(
  operation: AnyOperation,
  { request, params, identity, address, cut }: Incoming,
  context: ServingContext,
): Promise<Response> {
  const clientId = request.headers.get('user-agent')?.slice(0, 100) ?? '';
  const who: Asking = { principal: identity.principal, address, clientId, door: 'admin' };
  const rights = rightsOf(operation.id, params);
  // Before anything of the request is looked at, and its body read.
  demandRights(context.services.access, who, rights);
  const holds = (): boolean => identity.holds() && hasRights(context.services.access, who, rights);
  const accepted = chooseType(request.headers.get('accept'), typesOf(operation.answer));
  const query = queryOf(request.url);
  const input = {
    params: operation.params === undefined ? {} : parsed(operation.params, params, 'params'),
    query: operation.query === undefined ? refuseQuery(query) : parsed(operation.query, query, 'query'),
    body: await bodyOf(operation, request),
  };
  // What a stream would say does not go with a HEAD.
  if (request.method === 'HEAD' && operation.answer.kind === 'own')
    return new Response(null, { headers: { 'content-type': accepted } });
  const { shownBy } = identity;
  const openCaller = (): OwnedCaller => context.tools.openCaller(who);
  const given: unknown = await operation.handle(input, {
    ...context,
    request,
    accepted,
    who,
    shownBy,
    holds,
    onChange: (listener) => context.services.access.onChange(listener),
    openCaller,
    cut,
  });
  return operation.answer.kind === 'json'
    ? Response.json(given, { status: operation.answer.status })
    : (given as Response);
}

function typesOf(answerSpec: AnswerSpec): readonly string[] {
  return answerSpec.kind === 'own' ? Object.keys(answerSpec.types) : ['application/json'];
}

async function bodyOf({ body, bodyTypes, hasSecrets = false }: AnyOperation, request: Request): Promise<unknown> {
  if (body === undefined || bodyTypes !== undefined) return undefined;
  return parsed(body, await readJson(request, { hasSecrets }), 'body', { hasSecrets });
}

/** A parameter that is given again makes a list. */
function queryOf(url: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of new URL(url).searchParams) {
    const before = query[name];
    if (before === undefined) query[name] = value;
    else query[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return query;
}

function refuseQuery(query: Readonly<Record<string, unknown>>): object {
  const [name] = Object.keys(query);
  if (name === undefined) return {};
  throw new Problem('INVALID_REQUEST', `there is no parameter ${JSON.stringify(name)}; this operation takes none`, {
    errors: [{ field: `query.${name}`, value: null, allowed: 'no parameters' }],
  });
}

function problemOf(thrown: unknown, { id }: AnyOperation, { tools }: ServingContext): Problem {
  if (thrown instanceof Problem) return thrown;
  const error = toWireError(thrown);
  if (isBrokerFault(error))
    tools.logger.error({ event: 'admin.request_failed', operation: id, err: thrown }, 'an admin request failed');
  return Problem.from(error);
}
