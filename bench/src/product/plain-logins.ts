/*
 * Logs in by PLAIN through TLS, so many times a second, each time on a connection of its own which goes at once: the
 * broker derives a key for each. Bare sockets, so that little else is done.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import {
  Authenticate,
  decodeResponseBody,
  encodeRequest,
  formatPlain,
  FrameDecoder,
  Hello,
  helloMagic,
  protocolLimits,
} from '@q/protocol';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface PlainLoginsOptions {
  readonly url: string;
  readonly caFile: string;
  readonly username: string;
  readonly password: string;
  readonly ratePerSecond: number;
  readonly durationMs: number;
}

const { url, caFile, username, password, ratePerSecond, durationMs } = workerOptions<PlainLoginsOptions>();
const { hostname: host, port } = new URL(url);
const ca = readFileSync(caFile);
const version = 0;
const requests = Buffer.concat([
  ...encodeRequest(Hello, {
    version,
    correlationId: 1,
    body: { magic: helloMagic, clientId: 'logins', software: 'q-bench', softwareVersion: '0' },
  }),
  ...encodeRequest(Authenticate, {
    version,
    correlationId: 2,
    body: { mechanism: 'PLAIN', message: formatPlain({ authorizationId: '', username, password }) },
  }),
]);
let done = 0;
const failures: string[] = [];

async function logIn(): Promise<void> {
  const socket = connect({ host, port: Number(port), ca });
  await once(socket, 'secureConnect');
  socket.write(requests);
  const decoder = new FrameDecoder({ frameBytesMax: protocolLimits.helloFrameBytesMax });
  const frames: Buffer[] = [];
  while (frames.length < 2) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    decoder.push(chunk);
    for (let frame = decoder.next(); frame !== null; frame = decoder.next()) frames.push(frame);
  }
  socket.destroy();
  // Throws the error of a broker that does not let it in.
  if (!decodeResponseBody(Authenticate, version, frames[1]!).isDone) throw new Error('the login was not done');
  done += 1;
}

await logIn();
await report('ready');
const send = (): void => void logIn().catch((error: unknown) => failures.push(String(error)));
// A timer is exact enough for this, and leaves the processor to what is measured.
const sending = setInterval(send, 1000 / ratePerSecond);
await new Promise((resolve) => setTimeout(resolve, durationMs));
clearInterval(sending);
await report('result', { done, failed: failures.length, failure: failures[0] ?? '' });
