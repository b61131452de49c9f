import { ManualClock } from '@q/testkit';
import { expect, it } from 'vitest';
import { Traffic, TrafficSampler } from '../../../src/metrics/traffic.ts';
import { busiestTopics } from '../../../src/services/stats/topic-traffic.ts';

function topicOf(name: string, recordsIn: number, internal = false) {
  const traffic = new Traffic();
  traffic.recordsIn = recordsIn;
  traffic.bytesIn = 100 * recordsIn;
  return { name, internal, traffic };
}

it('M1 tells the topics that are busiest now, says how many it leaves out, and none of the broker', async () => {
  const topics = [topicOf('once busy', 1000), topicOf('quiet', 0), topicOf('own', 1000, true)];
  const clock = new ManualClock();
  const sampler = new TrafficSampler({ clock, each: () => topics.map(({ traffic }) => traffic) });
  sampler.start();
  await clock.advance(90_000);
  topics.push(topicOf('busy', 20), topicOf('busier', 30));
  const { topicTraffic, topicsLeftOut } = busiestTopics(topics, sampler, 2);
  expect(topicTraffic.map(({ topic }) => topic)).toEqual(['busier', 'busy']);
  expect(topicTraffic[0]).toMatchObject({
    recordsIn: 30,
    bytesIn: 3000,
    windows: [{ recordsIn: 30 }, { recordsIn: 30 }],
  });
  expect(topicsLeftOut).toBe(1);
});
