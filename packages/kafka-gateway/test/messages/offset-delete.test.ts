import { describe, expect, it } from 'vitest';
import { offsetDelete } from '../../src/messages/offset-delete.ts';
import { WireWriter } from '../../src/wire/writer.ts';

describe('OffsetDelete', () => {
  it('B1 is laid out as Kafka has it, with the error before the throttle time', () => {
    const request = { groupId: 'g', topics: [{ name: 't', partitions: [{ partitionIndex: 1 }] }] };
    const answer = {
      errorCode: 69,
      throttleTimeMs: 1,
      topics: [{ name: 't', partitions: [{ partitionIndex: 1, errorCode: 86 }] }],
    };
    const asked = '000167 00000001 000174 00000001 00000001'.replaceAll(' ', '');
    const answered = '0045 00000001 00000001 000174 00000001 00000001 0056'.replaceAll(' ', '');
    expect(offsetDelete.request.decode(Buffer.from(asked, 'hex'), 0, 0)).toEqual(request);
    expect(offsetDelete.response.decode(Buffer.from(answered, 'hex'), 0, 0)).toEqual(answer);
    const [requestWriter, answerWriter] = [new WireWriter(), new WireWriter()];
    offsetDelete.request.encode(requestWriter, 0, request);
    offsetDelete.response.encode(answerWriter, 0, answer);
    expect(Buffer.concat(requestWriter.finish()).toString('hex')).toBe(asked);
    expect(Buffer.concat(answerWriter.finish()).toString('hex')).toBe(answered);
  });
});
