import { describe, it } from 'vitest';
import { syncGroup } from '../../src/messages/sync-group.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';
import { expectLayout } from '../layout-vectors.ts';

const assignment = Buffer.from('abc');

describe('SyncGroup', () => {
  itReadsTheCaptures(syncGroup, 7);

  it('B1 has in each version the fields that Kafka gives it', () => {
    const { request, response } = syncGroup;
    const asked = {
      groupId: 'g',
      generationId: 5,
      memberId: 'm',
      assignments: [{ memberId: 'm', assignment }],
    };
    const [head, assignments] = ['000167 00000005 00016d', '00000001 00016d 00000003 616263'];
    for (const version of [0, 1, 2]) expectLayout(request, version, head + assignments, asked);
    const named = { ...asked, groupInstanceId: 'i' };
    expectLayout(request, 3, `${head} 000169 ${assignments}`, named);
    expectLayout(request, 4, '0267 00000005 026d 0269 02 026d 04616263 00 00', named);
    const agreed = { ...named, protocolType: 't', protocolName: null };
    expectLayout(request, 5, '0267 00000005 026d 0269 0274 00 02 026d 04616263 00 00', agreed);

    const answer = { errorCode: 27, assignment };
    expectLayout(response, 0, '001b 00000003 616263', answer);
    const later = { ...answer, throttleTimeMs: 7 };
    for (const version of [1, 2, 3]) expectLayout(response, version, '00000007 001b 00000003 616263', later);
    expectLayout(response, 4, '00000007 001b 04616263 00', later);
    expectLayout(response, 5, '00000007 001b 0274 0270 04616263 00', {
      ...later,
      protocolType: 't',
      protocolName: 'p',
    });
  });
});
