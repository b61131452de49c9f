import type { IncomingMessage } from 'node:http';
import type { KeyReader } from './key-source.ts';

/** By Node's own means: not by `fetch`, whose first call loads 20 MB. */
export const nodeKeyReader: KeyReader = {
  file: async (path, bytesMax) => {
    const { open } = process.getBuiltinModule('node:fs/promises');
    const file = await open(path);
    try {
      // A pipe would hold the thread that reads it.
      if (!(await file.stat()).isFile()) throw new Error(`${path} is not a file`);
      const { bytesRead, buffer } = await file.read(Buffer.alloc(bytesMax + 1), 0, bytesMax + 1, 0);
      if (bytesRead > bytesMax) throw new Error(`${path} has more than ${bytesMax} bytes`);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  },
  address: async (url, { bytesMax, timeoutMs }) => {
    const { request } = url.startsWith('https:')
      ? process.getBuiltinModule('node:https')
      : process.getBuiltinModule('node:http');
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const signal = AbortSignal.timeout(timeoutMs);
    const failed = (error: Error & { readonly code?: string }): void =>
      reject(signal.aborted ? new Error(`it did not answer within ${timeoutMs} ms`) : error);
    const sent = request(url, { agent: false, signal, headers: { accept: 'application/json' } }, (response) => {
      response.on('error', failed);
      receive(response, bytesMax).then(resolve, reject);
    });
    sent.on('error', failed);
    sent.end();
    return await promise;
  },
};

/** Redirects are not followed: keys come from where the operator has said. */
function receive(response: IncomingMessage, bytesMax: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const { statusCode } = response;
  if (statusCode !== 200) {
    reject(new Error(`it answered ${statusCode}`));
    response.destroy();
    return promise;
  }
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
    else {
      reject(new Error(`its answer has more than ${bytesMax} bytes`));
      response.destroy();
    }
  });
  response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  response.on('close', () => reject(new Error('it hung up in the middle of its answer')));
  return promise;
}
