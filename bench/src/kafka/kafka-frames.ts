/* Frames of the Kafka protocol, by the gateway's own layouts: what a client sends, and what it makes of an answer. */
import type { Api } from '../../../packages/kafka-gateway/src/messages/api.ts';
import { WireWriter } from '../../../packages/kafka-gateway/src/wire/writer.ts';
import type { FrameLink } from './frame-link.ts';

const clientId = 'q-bench';
const lengthBytes = 4;
const correlationIdBytes = 4;

/** A request with its length. */
export function kafkaRequest<Q, QIn, A, AIn>(api: Api<Q, QIn, A, AIn>, version: number, body: QIn): Buffer {
  const writer = new WireWriter();
  writer.int16(api.key);
  writer.int16(version);
  writer.int32(0);
  writer.int16(clientId.length);
  writer.text(clientId, clientId.length);
  if (version >= api.flexibleSince) writer.varint(0);
  api.request.encode(writer, version, body);
  const frame = Buffer.concat([Buffer.alloc(lengthBytes), ...writer.finish()]);
  frame.writeUInt32BE(frame.length - lengthBytes);
  return frame;
}

export function kafkaAnswer<Q, QIn, A, AIn>(api: Api<Q, QIn, A, AIn>, version: number, frame: Buffer): A {
  return api.response.decode(frame, correlationIdBytes + (version >= api.flexibleSince ? 1 : 0), version);
}

/** One request after another: the next may begin when this one is answered. */
export async function ask<Q, QIn, A, AIn>(
  link: FrameLink,
  { api, version }: { readonly api: Api<Q, QIn, A, AIn>; readonly version: number },
  body: QIn,
): Promise<A> {
  const answer = link.next();
  link.send(kafkaRequest(api, version, body));
  return kafkaAnswer(api, version, await answer);
}
