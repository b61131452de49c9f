import { isDeepStrictEqual } from 'node:util';
import { readRequestHead, readRequestHeader } from '../../packages/kafka-gateway/src/frame/request-header.ts';
import type { Message } from '../../packages/kafka-gateway/src/messages/api.ts';
import { WireFault } from '../../packages/kafka-gateway/src/wire/fault.ts';
import { WireWriter } from '../../packages/kafka-gateway/src/wire/writer.ts';
import { layoutExchanges, recordedExchanges, servedKafkaApis } from '../kafka-apis.ts';
import type { KafkaApi, ServedApi } from '../kafka-apis.ts';
import { Contradiction } from './target.ts';
import type { FuzzTarget } from './target.ts';

const smallBytes = 1 << 20;

/** Requests and answers of every API of the Kafka door in every version that it serves, and the heads of requests. */
export async function kafkaTargets(): Promise<FuzzTarget[]> {
  const served = await servedKafkaApis();
  return [...served.flatMap((each) => [bodyTarget(each, 'request'), bodyTarget(each, 'answer')]), headTarget(served)];
}

function bodyTarget({ api, version }: ServedApi, kind: 'request' | 'answer'): FuzzTarget {
  const message = kind === 'request' ? api.request : api.response;
  return {
    name: `Kafka ${api.name} ${kind} ${version}`,
    corpus: corpusOf(message, version, bodiesOf(api, kind)),
    allocatedBytesMax: smallBytes,
    share: 0.02,
    decode: (input) => {
      const body = message.decode(input, 0, version);
      // Other bytes may say the same; the same bytes may not say two things.
      if (!isDeepStrictEqual(message.decode(encoded(message, version, body), 0, version), body))
        throw new Contradiction('a body that was decoded comes back changed');
    },
  };
}

/**
 * Right bodies of this version: whatever was recorded of the API, written in this version, and one with nothing in it.
 */
function corpusOf(message: Message<unknown>, version: number, bodies: readonly unknown[]): Buffer[] {
  const corpus: Buffer[] = [];
  // Version 1 of OffsetFetch has an array where later ones may have a null, and nobody has recorded it.
  for (const body of [{}, { topics: [] }, ...bodies]) {
    try {
      corpus.push(encoded(message, version, body));
    } catch (error) {
      // Another version may have had a null where this one has none.
      if (!(error instanceof WireFault)) throw error;
    }
  }
  return corpus;
}

function encoded(message: Message<unknown>, version: number, body: unknown): Buffer {
  const writer = new WireWriter();
  message.encode(writer, version, body);
  return Buffer.concat(writer.finish());
}

const answerHeadBytes = { plain: 4, flexible: 5 } as const;
/** As many of each API: more would only be more of the same. */
const bodiesMax = 12;

function bodiesOf(api: KafkaApi, kind: 'request' | 'answer'): unknown[] {
  const bodies: unknown[] = [];
  // Of an API that nobody has recorded there is what its layouts are tried with.
  for (const { apiKey, apiVersion, request, response } of [...recordedExchanges, ...layoutExchanges]) {
    if (apiKey !== api.key || bodies.length === bodiesMax) continue;
    if (kind === 'request') {
      const { bodyAt } = readRequestHeader(request, readRequestHead(request), apiVersion >= api.flexibleSince);
      bodies.push(api.request.decode(request, bodyAt, apiVersion));
    } else if (response !== null) {
      const { plain, flexible } = answerHeadBytes;
      const bodyAt = apiVersion >= api.flexibleSince && api.key !== 18 ? flexible : plain;
      const body = decodedOrNull(() => api.response.decode(response, bodyAt, apiVersion));
      if (body !== null) bodies.push(body);
    }
  }
  return bodies;
}

/** A version that the recorded Kafka did not know was answered in another one. */
function decodedOrNull(decode: () => unknown): unknown {
  try {
    return decode();
  } catch (error) {
    if (error instanceof WireFault) return null;
    throw error;
  }
}

/** What stands in front of a body, whatever API it says it is of. */
function headTarget(served: readonly ServedApi[]): FuzzTarget {
  return {
    name: 'Kafka request head',
    corpus: recordedExchanges.slice(0, 200).map(({ request }) => request),
    allocatedBytesMax: smallBytes,
    decode: (input) => {
      const head = readRequestHead(input);
      const api = served.find((each) => each.api.key === head.apiKey)?.api;
      const header = readRequestHeader(input, head, head.apiVersion >= (api?.flexibleSince ?? Infinity));
      if (header.bodyAt > input.length) throw new Contradiction('a body begins behind its frame');
    },
  };
}
