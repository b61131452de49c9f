import { measurePair } from '../cases/measured-pair.ts';
import { readUsage } from '../measure/process-usage.ts';
import { rotated } from '../measure/rotated.ts';
import { Worker } from '../measure/worker.ts';
import type { DoorFramesOptions } from './door-frames.ts';
import type { KafkaProfile } from './profile.ts';
import type { Side } from './side.ts';

/** What the broker took for a record through one door. */
export interface DoorRun extends Pick<DoorFramesOptions, 'work' | 'door' | 'batchBytesMax'> {
  readonly round: number;
  readonly recordsPerSecond: number;
  readonly serverMicros: number;
}

interface Counted {
  readonly records: number;
  readonly elapsedMs: number;
}

const doors = ['native', 'kafka'] as const;
const works = ['produce', 'consume'] as const;
/** A Java producer's default, and a batch that the native client sends when it is busy. */
const batchSizes = [16 << 10, 256 << 10];
const timeoutMs = 60_000;
const warmUpMs = 1000;

/** The same batches through both doors of one broker, in turn. */
export async function measureTwoDoors(
  { pid, url, kafkaPort }: Side,
  { profile, onRun }: { readonly profile: KafkaProfile; readonly onRun: (text: string) => void },
): Promise<DoorRun[]> {
  const found: DoorRun[] = [];
  const nativePort = Number(new URL(url!).port);
  for (const batchBytesMax of batchSizes) {
    for (const work of works) {
      for (let round = 1; round <= profile.frameRounds; round += 1) {
        for (const door of rotated(doors, round)) {
          onRun(`frames of ${batchBytesMax >> 10} KiB, ${work}, round ${round}: ${door} door`);
          await using client = Worker.start('kafka/door-frames.ts', {
            work,
            door,
            nativePort,
            kafkaPort,
            topic: `doors-${found.length}`,
            valueBytes: 100,
            batchBytesMax,
            inFlightMax: 32,
            warmUpMs,
            measureMs: profile.frameSeconds * 1000,
          } satisfies DoorFramesOptions);
          const server = { usage: () => readUsage(pid) };
          const { result, processes } = await measurePair<Counted>({ client, server, timeoutMs });
          const { cpuSeconds } = processes.find(({ name }) => name === 'server')!;
          found.push({
            work,
            door,
            batchBytesMax,
            round,
            recordsPerSecond: (result.records * 1000) / result.elapsedMs,
            serverMicros: (cpuSeconds * 1e6) / result.records,
          });
        }
      }
    }
  }
  return found;
}
