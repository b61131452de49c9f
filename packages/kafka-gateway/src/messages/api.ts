import type { Layout } from '../wire/layout.ts';
import { WireReader } from '../wire/reader.ts';
import { struct } from '../wire/struct.ts';
import type { Fields, Read, Written } from '../wire/struct.ts';
import type { WireWriter } from '../wire/writer.ts';

/** The body of a request or of an answer, in every version. */
export interface Message<Out, In = Out> {
  /** Reads a body at the end of the buffer. Bytes in it are views of the buffer. @throws WireFault */
  decode(buffer: Buffer, position: number, version: number): Out;
  /** Appends a body. @throws WireFault when a value does not fit its field */
  encode(writer: WireWriter, version: number, body: In): void;
  /** The same, with a step for each element of its lists: whoever writes may stop in between. @throws WireFault */
  encodeSteps(writer: WireWriter, version: number, body: In): Iterable<void>;
}

/** One API of the Kafka protocol: its key, and the layouts of its messages. */
export interface Api<Q = unknown, QIn = Q, A = unknown, AIn = A> {
  readonly key: number;
  /** As Kafka names it. */
  readonly name: string;
  /** First version with compact lengths and tagged fields; Infinity where there is none. */
  readonly flexibleSince: number;
  readonly request: Message<Q, QIn>;
  readonly response: Message<A, AIn>;
}

/** What a handler of the API reads. */
export type RequestOf<T> = T extends Api<infer Q, infer _QIn, infer _A, infer _AIn> ? Q : never;
/** What a handler of the API answers. */
export type AnswerOf<T> = T extends Api<infer _Q, infer _QIn, infer _A, infer AIn> ? AIn : never;

export function api<F extends Fields, G extends Fields>(declared: {
  readonly key: number;
  readonly name: string;
  readonly flexibleSince: number;
  readonly request: F;
  readonly response: G;
}): Api<Read<F>, Written<F>, Read<G>, Written<G>> {
  const layout = (version: number): Layout => ({ version, isFlexible: version >= declared.flexibleSince });
  return {
    key: declared.key,
    name: declared.name,
    flexibleSince: declared.flexibleSince,
    // What a client sends behind a request is not read, as in Kafka: librdkafka 2.16 asks for all topics with three
    // bytes too many (a list that is null in four bytes where one is meant, in Metadata 9 and later).
    request: message(declared.request, layout, { mayGoOn: true }),
    response: message(declared.response, layout, { mayGoOn: false }),
  };
}

function message<F extends Fields>(
  fields: F,
  layoutOf: (version: number) => Layout,
  { mayGoOn }: { readonly mayGoOn: boolean },
): Message<Read<F>, Written<F>> {
  const body = struct(fields);
  return {
    decode: (buffer, position, version) => {
      const reader = new WireReader(buffer, position);
      const value = body.codec(layoutOf(version)).read(reader);
      if (!mayGoOn) reader.end();
      return value;
    },
    encode: (writer, version, value) => body.codec(layoutOf(version)).write(writer, value),
    *encodeSteps(writer, version, value) {
      const codec = body.codec(layoutOf(version));
      if (codec.steps === undefined) codec.write(writer, value);
      else yield* codec.steps(writer, value);
    },
  };
}
