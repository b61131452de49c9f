import { describe, it } from 'vitest';
import { joinGroup } from '../../src/messages/join-group.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';
import { expectLayout } from '../layout-vectors.ts';

const metadata = Buffer.from('abc');

describe('JoinGroup', () => {
  itReadsTheCaptures(joinGroup, 13);

  it('B1 has in each version the fields that Kafka gives it', () => {
    const { request, response } = joinGroup;
    const [group, session, rebalance, member] = ['000167', '00000bb8', '00000fa0', '00016d'];
    const protocols = '0001 74 00000001 000170 00000003 616263';
    const asked = { groupId: 'g', memberId: 'm', protocolType: 't', protocols: [{ name: 'p', metadata }] };
    expectLayout(request, 0, group + session + member + protocols, { ...asked, sessionTimeoutMs: 3000 });
    const timed = { ...asked, sessionTimeoutMs: 3000, rebalanceTimeoutMs: 4000 };
    for (const version of [1, 2, 3, 4])
      expectLayout(request, version, group + session + rebalance + member + protocols, timed);
    expectLayout(request, 5, `${group + session + rebalance + member} 000169 ${protocols}`, {
      ...timed,
      groupInstanceId: 'i',
    });
    const compact = `0267 ${session} ${rebalance} 026d 0269 0274 02 0270 04616263 00`;
    for (const version of [6, 7]) expectLayout(request, version, `${compact} 00`, { ...timed, groupInstanceId: 'i' });
    for (const version of [8, 9]) expectLayout(request, version, `${compact} 0272 00`, { ...timed, reason: 'r' });

    const head = '001b 00000005';
    const names = '000170 00016c 00016d';
    const answer = { errorCode: 27, generationId: 5, protocolName: 'p', leader: 'l', memberId: 'm' };
    const members = '00000001 00016d 00000003 616263';
    for (const version of [0, 1]) expectLayout(response, version, head + names + members, answer);
    const later = { ...answer, throttleTimeMs: 7, members: [{ memberId: 'm', groupInstanceId: null, metadata }] };
    for (const version of [2, 3, 4]) expectLayout(response, version, `00000007 ${head} ${names} ${members}`, later);
    const named = { ...later, members: [{ memberId: 'm', groupInstanceId: 'i', metadata }] };
    expectLayout(response, 5, `00000007 ${head} ${names} 00000001 00016d 000169 00000003 616263`, named);
    const listed = '02 026d 0269 04616263 00 00';
    expectLayout(response, 6, `00000007 ${head} 0270 026c 026d ${listed}`, named);
    for (const version of [7, 8])
      expectLayout(response, version, `00000007 ${head} 0274 0270 026c 026d ${listed}`, {
        ...named,
        protocolType: 't',
      });
    expectLayout(response, 9, `00000007 ${head} 00 00 026c 01 026d ${listed}`, {
      ...named,
      protocolType: null,
      protocolName: null,
      skipAssignment: true,
    });
  });
});
