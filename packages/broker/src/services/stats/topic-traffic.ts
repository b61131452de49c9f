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
  sampler: Pick<TrafficSampler, 'windowsOf'>,
  topicsMax: number,
): { readonly topicTraffic: readonly TopicTraffic[]; readonly topicsLeftOut: number } {
  const all: { readonly told: TopicTraffic; readonly lately: number }[] = [];
  for (const { name, internal, traffic } of topics) {
    const { recordsIn, bytesIn, recordsOut, bytesOut } = traffic;
    if (internal || recordsIn + recordsOut === 0) continue;
    const windows = sampler.windowsOf(traffic);
    const told = { topic: name, recordsIn, bytesIn, recordsOut, bytesOut, windows };
    all.push({ told, lately: windows[0]!.bytesIn + windows[0]!.bytesOut });
  }
  all.sort((left, right) => right.lately - left.lately || (left.told.topic < right.told.topic ? -1 : 1));
  const topicTraffic = all.slice(0, topicsMax).map(({ told }) => told);
  return { topicTraffic, topicsLeftOut: all.length - topicTraffic.length };
}
