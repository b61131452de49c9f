import { piecesOf } from '../http/request-body.ts';
import { Problem } from '../http/problem.ts';

/** Of the manifest of an earlier backup: about 100,000 segments. */
const bytesMax = 64 << 20;

/** How a line of a partition begins, as `q backup` and the broker write it. */
const keyPattern = /^\{"topic":"[^"]*","topicId":"([0-9a-f-]{36})","partition":(\d{1,9}),/;

/** The lines of a manifest by `topicId-partition`, cut as they come: one may have megabytes. */
export async function earlierLines(body: ReadableStream<Uint8Array> | null): Promise<Map<string, string>> {
  const lines = new Map<string, string>();
  if (body === null) return lines;
  const decoder = new TextDecoder();
  let rest = '';
  let bytes = 0;
  for await (const chunk of piecesOf(body)) {
    bytes += chunk.length;
    if (bytes > bytesMax)
      throw new Problem('BODY_TOO_LARGE', `the manifest of the earlier backup has more than ${bytesMax} bytes`);
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      const match = keyPattern.exec(line);
      if (match !== null) lines.set(`${match[1]}-${match[2]}`, line);
    }
  }
  return lines;
}
