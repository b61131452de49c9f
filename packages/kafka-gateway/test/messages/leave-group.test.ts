import { describe, it } from 'vitest';
import { leaveGroup } from '../../src/messages/leave-group.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';
import { expectLayout } from '../layout-vectors.ts';

describe('LeaveGroup', () => {
  itReadsTheCaptures(leaveGroup, 7);

  it('B1 has in each version the fields that Kafka gives it', () => {
    const { request, response } = leaveGroup;
    for (const version of [0, 1, 2])
      expectLayout(request, version, '000167 00016d', { groupId: 'g', memberId: 'm', members: [] });
    const members = [{ memberId: 'm', groupInstanceId: 'i', reason: null }];
    expectLayout(request, 3, '000167 00000001 00016d 000169', { groupId: 'g', members });
    expectLayout(request, 4, '0267 02 026d 0269 00 00', { groupId: 'g', members });
    expectLayout(request, 5, '0267 02 026d 0269 0272 00 00', {
      groupId: 'g',
      members: [{ ...members[0]!, reason: 'r' }],
    });

    expectLayout(response, 0, '0019', { errorCode: 25 });
    for (const version of [1, 2])
      expectLayout(response, version, '00000007 0019', { throttleTimeMs: 7, errorCode: 25, members: [] });
    const each = { errorCode: 0, members: [{ memberId: 'm', groupInstanceId: null, errorCode: 25 }] };
    expectLayout(response, 3, '00000007 0000 00000001 00016d ffff 0019', each);
    for (const version of [4, 5]) expectLayout(response, version, '00000007 0000 02 026d 00 0019 00 00', each);
  });
});
