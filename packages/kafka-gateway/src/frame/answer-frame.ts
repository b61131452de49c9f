import { apiVersions } from '../messages/api-versions.ts';
import type { Api } from '../messages/api.ts';
import { WireWriter } from '../wire/writer.ts';

/** An answer as a whole frame, ready to be sent. @throws WireFault when a value does not fit */
export function answerFrame(api: Api, o: { version: number; correlationId: number; body: unknown }): Buffer[] {
  const writer = new WireWriter();
  writer.int32(o.correlationId);
  if (o.version >= api.flexibleSince && api.key !== apiVersions.key) writer.varint(0);
  api.response.encode(writer, o.version, o.body);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(writer.bytesWritten);
  return [length, ...writer.finish()];
}
