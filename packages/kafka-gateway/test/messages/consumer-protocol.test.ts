import { describe, expect, it } from 'vitest';
import { assignmentOf, consumerLanguage, subscriptionOf } from '../../src/messages/consumer-protocol.ts';
import { joinGroup } from '../../src/messages/join-group.ts';
import { readRequestHead, readRequestHeader } from '../../src/frame/request-header.ts';
import { capturesOf } from '../captures.ts';

const { wantedTopics, assignedPartitions } = consumerLanguage;

describe('the protocol of consumers', () => {
  it('B1 is understood as real clients write it', () => {
    const topics = new Map<string, Set<string>>();
    for (const { flow, apiVersion, request } of capturesOf(joinGroup.key)) {
      const { bodyAt } = readRequestHeader(request, readRequestHead(request), apiVersion >= joinGroup.flexibleSince);
      const { protocols } = joinGroup.request.decode(request, bodyAt, apiVersion);
      const found = protocols.flatMap(({ metadata }) => wantedTopics(metadata) ?? ['not understood']);
      const client = flow.replace(/-.*/, '');
      topics.set(client, new Set([...(topics.get(client) ?? []), ...found]));
    }
    expect(Object.fromEntries([...topics].map(([client, names]) => [client, [...names]]))).toEqual({
      java: ['java', 'txin'],
      kafkajs: ['kjs'],
      librdkafka: ['rdkb'],
      platformatic: ['plat'],
    });
  });

  it('B1 says null where a member speaks another language', () => {
    expect(wantedTopics(Buffer.alloc(0))).toBeNull();
    expect(wantedTopics(Buffer.from('00007fffffff', 'hex'))).toBeNull();
    expect(wantedTopics(subscriptionOf(['a', 'b']))).toEqual(['a', 'b']);
  });

  it('B1 tells an assignment in version 0, with empty data of the user', () => {
    expect(assignmentOf([{ topic: 't', partitions: [1] }]).toString('hex')).toBe(
      '000000000001000174000000010000000100000000',
    );
    expect(assignedPartitions(assignmentOf([{ topic: 't', partitions: [1] }]))).toEqual([
      { topic: 't', partitions: [1] },
    ]);
    expect(assignedPartitions(Buffer.alloc(0))).toBeNull();
    expect(assignmentOf([]).toString('hex')).toBe('00000000000000000000');
  });
});
