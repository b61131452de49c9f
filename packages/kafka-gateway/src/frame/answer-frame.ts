import { apiVersions } from '../messages/api-versions.ts';
import type { Api } from '../messages/api.ts';
import { WireWriter } from '../wire/writer.ts';

/**
 * An answer as a whole frame, ready to be sent:
 *
 *   length int32 │ correlationId int32 │ flexible, but not of ApiVersions: tagged fields │ body
 *
 * @throws WireFault when a value does not fit
 */
export function answerFrame(api: Api, o: { version: number; correlationId: number; body: unknown }): Buffer[] {
  const writer = begun(api, o);
  api.response.encode(writer, o.version, o.body);
  return finished(api, writer);
}

/**
 * The same for an answer that may be long. After each `turnBytes` it lets others have their turn, by `pause`; and no
 * piece of memory is much larger than that.
 *
 * @throws WireFault
 */
export async function answerFrameInTurns(
  api: Api,
  o: { version: number; correlationId: number; body: unknown },
  pause: () => Promise<void>,
): Promise<Buffer[]> {
  const writer = begun(api, o);
  let turnEnds = turnBytes;
  for (const _ of api.response.encodeSteps(writer, o.version, o.body)) {
    if (writer.bytesWritten < turnEnds) continue;
    writer.cut(turnBytes + (turnBytes >> 3));
    turnEnds = writer.bytesWritten + turnBytes;
    await pause();
  }
  return finished(api, writer);
}

/** Takes a few milliseconds to write. */
export const turnBytes = 128 * 1024;

function begun(api: Api, { version, correlationId }: { version: number; correlationId: number }): WireWriter {
  const writer = new WireWriter(headSizes.get(api.key));
  writer.int32(0);
  writer.int32(correlationId);
  if (version >= api.flexibleSince && api.key !== apiVersions.key) writer.varint(0);
  return writer;
}

function finished(api: Api, writer: WireWriter): Buffer[] {
  const parts = writer.finish();
  parts[0]!.writeUInt32BE(writer.bytesWritten - lengthBytes);
  noteHead(api.key, writer.headBytesWritten);
  return parts;
}

const lengthBytes = 4;

/**
 * What the heads of answers take: the next one of an API is likely to need what the last one did. One that begins small
 * and grows is copied; one that begins large keeps all of that until it is sent.
 */
const headSizes = new Map<number, number>();
const headBytesMin = 64;
const headBytesMax = 16 * 1024;

function noteHead(apiKey: number, bytes: number): void {
  // With some more, since the next one is seldom of exactly the same size.
  headSizes.set(apiKey, Math.max(headBytesMin, Math.min(headBytesMax, bytes + (bytes >> 3))));
}
