import { describe, expect, it } from 'vitest';
import { apiVersions } from '../../src/messages/api-versions.ts';
import { describeGroups } from '../../src/messages/describe-groups.ts';
import { joinGroup } from '../../src/messages/join-group.ts';
import { syncGroup } from '../../src/messages/sync-group.ts';
import { ClassicMember } from '../classic-member.ts';
import { kafkaBroker, RawClient, readAnswer } from '../harness.ts';

const named = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' };

describe('a member that waits when the broker stops', () => {
  it('B1 for the others to join is answered at once, and asks again elsewhere', async () => {
    // Nobody else comes: without an end it would wait for an hour.
    const { broker, kafkaPort } = await kafkaBroker({ limits: { groupInitialDelayMs: 3_600_000 } });
    const member = await ClassicMember.connect({ port: kafkaPort });
    member.client.send(joinGroup, 3, member.joinRequest());
    const other = await RawClient.connect(kafkaPort);
    while ((await other.ask(describeGroups, 0, { groups: ['g'] })).groups[0]!.groupState !== 'PreparingRebalance');
    const closing = broker.close();
    const frame = await member.client.nextFrame();
    expect(readAnswer(joinGroup, 3, frame!).body.errorCode).toBe(15);
    expect(await member.client.nextFrame()).toBeNull();
    await closing;
  });

  it('B1 for its assignment is answered at once', async () => {
    const { broker, kafkaPort } = await kafkaBroker({ limits: { groupInitialDelayMs: 50 } });
    const members = [
      await ClassicMember.connect({ port: kafkaPort }),
      await ClassicMember.connect({ port: kafkaPort }),
    ];
    const joined = await Promise.all(members.map((member) => member.join()));
    const follower = members[joined.findIndex(({ members: all }) => all.length === 0)]!;
    follower.client.send(syncGroup, 3, {
      groupId: 'g',
      generationId: follower.generation,
      memberId: follower.memberId,
      assignments: [],
    });
    const other = await RawClient.connect(kafkaPort);
    await other.ask(apiVersions, 0, named);
    const closing = broker.close();
    const frame = await follower.client.nextFrame();
    expect(readAnswer(syncGroup, 3, frame!).body.errorCode).not.toBe(0);
    await closing;
  });
});
