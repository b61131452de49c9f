import type { Traffic, TrafficSampler, TrafficWindow } from '../../metrics/traffic.ts';

/** What went in and out of one topic, since the broker's start and lately. */
export interface TopicTraffic {
  readonly topic: string;
  readonly recordsIn: number;
  readonly bytesIn: number;
  readonly recordsOut: number;
  readonly bytesOut: number;
  /** The last minute, and the last five. */
  readonly windows: readonly TrafficWindow[];
}

interface Topic {
  readonly name: string;
  readonly internal: boolean;
  readonly traffic: Traffic;
}

/** Those of users that had any, the busiest of the last minute first. */
export function busiestTopics(
  topics: Iterable<Topic>,
  sampler: Pick<TrafficSampler, 'windowsOf' | 'latelyMoved'>,
  topicsMax: number,
): { readonly topicTraffic: readonly TopicTraffic[]; readonly topicsLeftOut: number } {
  const all: { readonly topic: string; readonly traffic: Traffic; readonly moved: number }[] = [];
  for (const { name: topic, internal, traffic } of topics) {
    if (internal || traffic.recordsIn + traffic.recordsOut === 0) continue;
    all.push({ topic, traffic, moved: sampler.latelyMoved(traffic) });
  }
  all.sort((left, right) => right.moved - left.moved || (left.topic < right.topic ? -1 : 1));
  const topicTraffic = all.slice(0, topicsMax).map(({ topic, traffic }) => {
    const { recordsIn, bytesIn, recordsOut, bytesOut } = traffic;
    return { topic, recordsIn, bytesIn, recordsOut, bytesOut, windows: sampler.windowsOf(traffic) };
  });
  return { topicTraffic, topicsLeftOut: all.length - topicTraffic.length };
}
