import { describe, expect, it } from 'vitest';
import { Scene } from './scene.ts';

describe('ensureTopic', () => {
  it('T1 makes a topic once, and gives the one that is there', async () => {
    await using scene = await Scene.start({ storage: 'memory' });
    const { admin } = scene.q;
    const wanted = { partitions: 3, config: { 'retention.ms': 3_600_000, 'cleanup.policy': 'delete' } };
    const made = await admin.ensureTopic('t', wanted);
    expect(made).toMatchObject({ created: true, partitions: 3 });
    expect(await admin.ensureTopic('t', wanted)).toEqual({ ...made, created: false });
    expect(await admin.ensureTopic('t')).toMatchObject({ created: false, topicId: made.topicId });
    const [one, other] = await Promise.all([
      admin.ensureTopic('u', { partitions: 2 }),
      admin.ensureTopic('u', { partitions: 2 }),
    ]);
    expect(one.created).not.toBe(other.created);
    expect(one.topicId).toBe(other.topicId);
  });

  it('T1 says what is other than it was to be, and changes nothing', async () => {
    await using scene = await Scene.start({ storage: 'memory' });
    const { admin } = scene.q;
    await admin.createTopic('t', { partitions: 3, config: { 'retention.ms': 5_000 } });
    await expect(admin.ensureTopic('t', { partitions: 4 })).rejects.toMatchObject({
      code: 'TOPIC_EXISTS',
      details: { topic: 't', different: 'partitions', is: 3, wanted: 4 },
    });
    await expect(admin.ensureTopic('t', { config: { 'retention.ms': 6_000 } })).rejects.toMatchObject({
      code: 'TOPIC_EXISTS',
      message: expect.stringContaining('retention.ms is 5000, not 6000') as string,
      details: { different: 'retention.ms', is: '5000', wanted: '6000' },
    });
    await expect(admin.ensureTopic('t', { config: { 'no.such.setting': 1 } })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
    });
    await expect(admin.ensureTopic('t', { validateOnly: true } as never)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      details: { option: 'validateOnly' },
    });
    expect((await admin.describeTopic('t')).partitions).toHaveLength(3);
  });
});
