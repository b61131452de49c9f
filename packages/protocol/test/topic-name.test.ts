import { describe, expect, it } from 'vitest';
import { checkTopicName, isInternalTopic } from '../src/index.ts';

describe('checkTopicName', () => {
  it.each(['a', 'orders', 'Orders.v2_new-1', '...', '..a', '__offsets', '-', 'x'.repeat(249)])(
    'T1 allows %s',
    (name) => {
      expect(checkTopicName(name)).toBeNull();
    },
  );

  it.each([
    ['', /empty/],
    ['.', /"\."/],
    ['..', /"\.\."/],
    ['x'.repeat(250), /249 characters, this one has 250/],
    ['a/b', /not of "\/"/],
    [String.raw`a\b`, /not of "\\\\"/],
    ['a b', /not of " "/],
    ['a\0', /not of "\\u0000"/],
    ['ordrés', /not of "é"/],
    ['a😀', /not of "😀"/],
    ['a\n', /not of "\\n"/],
  ])('T1 refuses %j and says why', (name, reason) => {
    expect(checkTopicName(name)).toMatch(reason);
  });
});

describe('isInternalTopic', () => {
  it.each(['__q_later', '__metadata', '__groups', '__audit', '__consumer_offsets', '__transaction_state'])(
    'is so: %s',
    (name) => {
      expect(isInternalTopic(name)).toBe(true);
    },
  );

  it.each(['_offsets', '__debezium-heartbeat.shop', '__CruiseControlMetrics', 'groups'])('B1 is not so: %s', (name) => {
    expect(isInternalTopic(name)).toBe(false);
  });
});
