import { expect, it } from 'vitest';
import { readRequestHead, readRequestHeader } from '../src/frame/request-header.ts';
import { answerFrame } from '../src/frame/answer-frame.ts';
import type { Api } from '../src/messages/api.ts';
import { WireWriter } from '../src/wire/writer.ts';
import { capturesOf } from './captures.ts';
import type { Exchange } from './captures.ts';
import { readAnswer } from './harness.ts';

/** Every frame that was recorded of this API decodes, and encodes to the same bytes. At least `atLeast` of them. */
export function itReadsTheCaptures<Q, A>(api: Api<Q, Q, A, A>, atLeast: number): void {
  it(`B1 ${api.name}: every recorded frame decodes, and encodes to the same bytes`, () => {
    const exchanges = capturesOf(api.key);
    expect(exchanges.length).toBeGreaterThanOrEqual(atLeast);
    for (const exchange of exchanges) expectSameBytes(api, exchange);
  });
}

/** Both frames decode, and encode to the same bytes. */
export function expectSameBytes<Q, A>(api: Api<Q, Q, A, A>, exchange: Exchange): void {
  const { flow, apiVersion: version, request, response } = exchange;
  const where = `${flow} ${api.name} v${version}`;
  const header = readRequestHeader(request, readRequestHead(request), version >= api.flexibleSince);
  const body = api.request.decode(request, header.bodyAt, version);
  const writer = new WireWriter();
  api.request.encode(writer, version, body);
  const again = Buffer.concat(writer.finish());
  expect(again.toString('hex'), where).toBe(request.subarray(header.bodyAt).toString('hex'));
  if (response === null || isOfAnother({ flow, key: api.key, response })) return;
  const answered = answeredVersion(api, version, response);
  const { correlationId, body: answer } = readAnswer(api, answered, response);
  const answeredAgain = Buffer.concat(answerFrame(api, { version: answered, correlationId, body: answer }));
  expect(answeredAgain.subarray(4).toString('hex'), where).toBe(response.toString('hex'));
}

/** That recording used one correlation id for two requests, and has mixed up their answers. */
function isOfAnother({ flow, key, response }: { flow: string; key: number; response: Buffer }): boolean {
  return flow === 'raw-apiversions-v5' && (response.readInt32BE(4) === 0) !== (key === 3);
}

/** A refused ApiVersions is answered in version 0. */
function answeredVersion({ key }: { key: number }, version: number, response: Buffer): number {
  return key === 18 && response.readInt16BE(4) === 35 ? 0 : version;
}
