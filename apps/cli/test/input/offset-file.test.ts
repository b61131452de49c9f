import { describe, expect, it } from 'vitest';
import { parseOffsetFile } from '../../src/input/offset-file.ts';

const two = [
  { topic: 'orders', partition: 0, offset: 12 },
  { topic: 'pay-ments', partition: 10, offset: 0 },
];

describe('files of offsets', () => {
  it.each([
    'orders,0,12\npay-ments,10,0\n',
    'topic,partition,offset\r\norders,0,12\r\npay-ments,10,0',
    '\n# kept on Monday\n orders , 0 , 12 \n\npay-ments,10,0',
  ])('G3 reads %j', (text) => {
    expect(parseOffsetFile(text)).toEqual(two);
  });

  it('G3 reads what seek writes, and what describe writes without what was never committed', () => {
    expect(parseOffsetFile(JSON.stringify(two))).toEqual(two);
    expect(
      parseOffsetFile(
        ` ${JSON.stringify({ group: 'g', partitions: two.map((place) => ({ ...place, previousOffset: 7 })) })}`,
      ),
    ).toEqual(two);
    const described = {
      partitions: [
        { topic: 'orders', partition: 0, committedOffset: 12, highWatermark: 20 },
        { topic: 'orders', partition: 1, committedOffset: null },
        { topic: 'pay-ments', partition: 10, committedOffset: 0 },
      ],
    };
    expect(parseOffsetFile(JSON.stringify(described))).toEqual(two);
    expect(parseOffsetFile('')).toEqual([]);
    expect(parseOffsetFile('[]')).toEqual([]);
  });

  it.each([
    ['orders,0', 'line 1 is not topic,partition,offset'],
    ['orders,0,1\norders,1,-1', 'line 2 is not'],
    ['orders,0,1,2', 'line 1 is not'],
    ['orders,0,1.5', 'line 1 is not'],
    [',0,1', 'line 1 is not'],
    ['orders,0,1\norders,0,2', 'orders, partition 0 is there twice'],
    ['{"partitions":', 'it is not JSON'],
    ['{"offsets":[]}', 'no list of partitions'],
    ['[{"topic":"orders","partition":0}]', 'entry 0 has no topic, partition and offset'],
    ['[{"topic":"orders","partition":0,"offset":"5"}]', 'entry 0 has no'],
    ['[{"topic":"orders","partition":-1,"offset":5}]', 'entry 0 has no'],
    ['[{"partition":0,"offset":5}]', 'entry 0 has no'],
    ['[null]', 'entry 0 has no'],
  ])('G3 Q3 refuses %j', (text, reason) => {
    expect(() => parseOffsetFile(text)).toThrow(reason);
  });
});
