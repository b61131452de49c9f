import { idleMemory, startToReady } from '../cases/startup.ts';
import type { RunContext } from '../run-context.ts';
import type { KafkaProfile } from './profile.ts';

/** What a broker takes with the door open, and with none, in turn. */
export interface DoorCost {
  readonly startMs: Readonly<Record<DoorState, readonly number[]>>;
  readonly idleMB: Readonly<Record<DoorState, readonly number[]>>;
}

export type DoorState = 'open' | 'shut';

const flags: Readonly<Record<DoorState, readonly string[]>> = { open: ['--kafka-port', '0'], shut: ['--no-kafka'] };

export async function measureDoorCost(context: RunContext, profile: KafkaProfile): Promise<DoorCost> {
  return {
    startMs: await inTurn(profile.startRounds, (state) => startToReady(context, flags[state])),
    idleMB: await inTurn(profile.memoryRounds, (state) => idleMemory(context, flags[state])),
  };
}

async function inTurn(
  rounds: number,
  run: (state: DoorState) => Promise<{ readonly value: number }>,
): Promise<Record<DoorState, number[]>> {
  const values: Record<DoorState, number[]> = { open: [], shut: [] };
  // The first start reads the program from the disk, and is nobody's.
  await run('open');
  for (let round = 0; round < rounds; round += 1) {
    for (const state of round % 2 === 0 ? (['open', 'shut'] as const) : (['shut', 'open'] as const))
      values[state].push((await run(state)).value);
  }
  return values;
}
