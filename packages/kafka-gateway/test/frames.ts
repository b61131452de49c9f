/** The client's side of the wire: requests as frames, and answers out of frames. */
import type { Api } from '../src/messages/api.ts';
import { apiVersions } from '../src/messages/api-versions.ts';
import { WireReader } from '../src/wire/reader.ts';
import { WireWriter } from '../src/wire/writer.ts';

/** A request without its length. */
export function requestFrame<Q, QIn, A, AIn>(
  api: Api<Q, QIn, A, AIn>,
  {
    version,
    correlationId,
    clientId = 'raw',
    body,
  }: {
    readonly version: number;
    readonly correlationId: number;
    readonly clientId?: string;
    readonly body: QIn;
  },
): Buffer {
  const writer = new WireWriter();
  writer.int16(api.key);
  writer.int16(version);
  writer.int32(correlationId);
  writer.int16(Buffer.byteLength(clientId));
  writer.text(clientId, Buffer.byteLength(clientId));
  if (version >= api.flexibleSince) writer.varint(0);
  api.request.encode(writer, version, body);
  return Buffer.concat(writer.finish());
}

export function readAnswer<Q, QIn, A, AIn>(
  api: Api<Q, QIn, A, AIn>,
  version: number,
  frame: Buffer,
): { correlationId: number; body: A } {
  const correlationId = new WireReader(frame).int32();
  const hasTags = version >= api.flexibleSince && api.key !== apiVersions.key;
  return { correlationId, body: api.response.decode(frame, hasTags ? 5 : 4, version) };
}
