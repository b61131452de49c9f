import { describe, it } from 'vitest';
import { heartbeat } from '../../src/messages/heartbeat.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';
import { expectLayout } from '../layout-vectors.ts';

describe('Heartbeat', () => {
  itReadsTheCaptures(heartbeat, 13);

  it('B1 has in each version the fields that Kafka gives it', () => {
    const { request, response } = heartbeat;
    const asked = { groupId: 'g', generationId: 5, memberId: 'm' };
    for (const version of [0, 1, 2]) expectLayout(request, version, '000167 00000005 00016d', asked);
    expectLayout(request, 3, '000167 00000005 00016d 000169', { ...asked, groupInstanceId: 'i' });
    expectLayout(request, 4, '0267 00000005 026d 00 00', { ...asked, groupInstanceId: null });
    expectLayout(response, 0, '001b', { errorCode: 27 });
    for (const version of [1, 2, 3])
      expectLayout(response, version, '00000007 001b', { errorCode: 27, throttleTimeMs: 7 });
    expectLayout(response, 4, '00000007 001b 00', { errorCode: 27, throttleTimeMs: 7 });
  });
});
