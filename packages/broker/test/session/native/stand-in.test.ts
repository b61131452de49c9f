import { Fetch, decodeResponseBody, encodeResponse } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { expandStandIns, oneBufferFor } from '../../../src/session/native/stand-in.ts';

function sent(lists: Buffer[][]): { parts: readonly Buffer[]; records: string[] } {
  const partitions = lists.map((buffers, partition) => ({
    partition,
    errorCode: 0,
    errorMessage: null,
    highWatermark: 0,
    lastStableOffset: 0,
    logStartOffset: 0,
    records: oneBufferFor(
      buffers,
      buffers.reduce((sum, buffer) => sum + buffer.length, 0),
    ),
    aborted: [],
  }));
  const body = { topics: [{ topicId: '00000000-0000-4000-8000-0000000000aa', partitions }], throttleTimeMs: 0 };
  const parts = expandStandIns(encodeResponse(Fetch, { version: 0, correlationId: 1, body }));
  const frame = Buffer.concat(parts).subarray(4);
  return {
    parts,
    records: decodeResponseBody(Fetch, 0, frame).topics[0]!.partitions.map((part) => part.records.toString()),
  };
}

describe('stand-ins', () => {
  it('Z1 sends the batches of a read by reference, in their order and place', () => {
    const lists = [['a', 'b'], ['c'], [], ['d', 'e', 'f']].map((texts) =>
      texts.map((text) => Buffer.alloc(2000, text)),
    );
    const { parts, records } = sent(lists);
    expect(records).toEqual(lists.map((list) => Buffer.concat(list).toString()));
    for (const buffer of lists.flat()) expect(parts).toContain(buffer);
  });

  it('copies what is too short to be worth a reference', () => {
    const { parts, records } = sent([[Buffer.from('ab'), Buffer.from('cd')]]);
    expect(records).toEqual(['abcd']);
    expect(parts).toHaveLength(1);
  });
});
