import { rotated } from '../measure/rotated.ts';
import { parseSendTimes } from '../peers/load-line.ts';
import type { KafkaProfile } from './profile.ts';
import type { Side, SideName } from './side.ts';

export interface EndToEnd {
  readonly round: number;
  readonly side: SideName;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const ratePerSecond = 10_000;
const warmUpSeconds = 3;

/** From when a record was due until Kafka's consumer has it, at a fixed rate, in turn on both sides. */
export async function measureLatency(
  sides: readonly Side[],
  { profile, onRun }: { readonly profile: KafkaProfile; readonly onRun: (text: string) => void },
): Promise<EndToEnd[]> {
  const found: EndToEnd[] = [];
  for (let round = 1; round <= profile.latencyRounds; round += 1) {
    for (const side of rotated(sides, round)) {
      onRun(`end to end, ${ratePerSecond}/s, round ${round}: ${side.name}`);
      const topic = `latency-${round}`;
      await side.tools.createTopic(topic, 1, []);
      const args = [side.kafkaPort, topic, ratePerSecond, profile.latencySeconds, warmUpSeconds].map(String);
      const { output } = await side.tools.java('KafkaLatency', args);
      found.push({ round, side: side.name, ...parseSendTimes(output) });
      await side.tools.deleteTopic(topic);
    }
  }
  return found;
}
