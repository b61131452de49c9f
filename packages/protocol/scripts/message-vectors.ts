import { strict as assert } from 'node:assert';
import { apis, encodeErrorResponse, encodeRequest, encodeResponse, errorTable, QError } from '../src/index.ts';
import type { Api, ErrorDetails, ErrorName } from '../src/index.ts';
import { edgeValue } from './edge-values.ts';
import type { Edge } from './edge-values.ts';
import { inVersion } from './in-version.ts';
import { specification } from './specification.ts';
import { typicalExchanges } from './typical-messages.ts';

export interface MessageVector {
  readonly api: string;
  readonly key: number;
  readonly version: number;
  readonly name: Edge | 'typical';
  readonly correlationId: number;
  /** In the JSON form of the specification. */
  readonly body: unknown;
  /** The whole frame, its length included. */
  readonly hex: string;
}

export interface ErrorVector {
  readonly error: ErrorName;
  readonly errorCode: number;
  readonly correlationId: number;
  readonly message: string;
  readonly details: ErrorDetails;
  readonly hex: string;
}

export interface MessageVectors {
  readonly about: readonly string[];
  readonly requests: readonly MessageVector[];
  readonly responses: readonly MessageVector[];
  readonly errors: readonly ErrorVector[];
}

const edges: readonly Edge[] = ['empty', 'lowest', 'highest'];

/** Several values of every request and answer of every API and version, and an answer for each error. */
export function messageVectors(): MessageVectors {
  const versioned = apis.flatMap(versionsOf);
  return {
    about: ['hex is the whole frame, with its length; body is what it carries.', ...specification().jsonForm],
    requests: versioned.flatMap(([api, version]) =>
      bodiesOf(api, version, 'request').map(({ name, body }, index) => {
        const correlationId = correlationIdOf(api.key, index);
        return vector({
          api,
          version,
          name,
          correlationId,
          body,
          parts: encodeRequest(api, { version, correlationId, body }),
        });
      }),
    ),
    responses: versioned.flatMap(([api, version]) =>
      bodiesOf(api, version, 'response').map(({ name, body }, index) => {
        const correlationId = correlationIdOf(api.key, index);
        return vector({
          api,
          version,
          name,
          correlationId,
          body,
          parts: encodeResponse(api, { version, correlationId, body }),
        });
      }),
    ),
    errors: errorVectors(),
  };
}

function versionsOf(api: Api<unknown, unknown>): (readonly [Api<unknown, unknown>, number])[] {
  const { min, max } = api.versions;
  return Array.from({ length: max - min + 1 }, (_, index) => [api, min + index] as const);
}

function bodiesOf(
  api: Api<unknown, unknown>,
  version: number,
  side: 'request' | 'response',
): { name: Edge | 'typical'; body: unknown }[] {
  const typical = typicalExchanges.find((exchange) => exchange.api === api);
  assert(typical !== undefined, `${api.name} has no typical messages`);
  const { shape } = api[side];
  const bodies = [
    { name: 'typical', body: typical[side] } as const,
    ...edges.map((edge) => ({ name: edge, body: edgeValue(shape, edge) })),
  ];
  return bodies.map(({ name, body }) => ({ name, body: inVersion(shape, body, version) }));
}

/** Different in every vector, with the whole range of u32 in use. */
function correlationIdOf(key: number, index: number): number {
  return index === edges.length ? 0xffff_ffff - key : key * 0x100 + index;
}

interface VectorParts extends Omit<MessageVector, 'api' | 'key' | 'hex'> {
  readonly api: Api<unknown, unknown>;
  readonly parts: readonly Buffer[];
}

function vector({ api, version, name, correlationId, body, parts }: VectorParts): MessageVector {
  return {
    api: api.name,
    key: api.key,
    version,
    name,
    correlationId,
    body: toJson(body),
    hex: Buffer.concat(parts).toString('hex'),
  };
}

function errorVectors(): ErrorVector[] {
  return errorTable
    .filter(({ name, code }) => name !== 'NONE' && code < 200)
    .map(({ name, code, description }) => {
      // Everything comes from the code, so that a new row of the table changes no vector of another.
      const correlationId = code + 1;
      const details: ErrorDetails =
        code % 2 === 0 ? {} : { topic: 'orders', partition: code, share: -0.5, isLeader: code % 4 === 1 };
      const hex = Buffer.concat(
        encodeErrorResponse({ correlationId, error: new QError(name, description, { details }) }),
      ).toString('hex');
      return { error: name, errorCode: code, correlationId, message: description, details, hex };
    });
}

/** The JSON form of a value: buffers as hexadecimal digits, everything else as it is. */
function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toJson(inner)]));
}
