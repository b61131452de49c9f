import { ok } from 'node:assert';
import { section } from '../feature.ts';
import type { Feature } from '../feature.ts';
import { plainText } from '../records.ts';
import type { Stage } from '../stage.ts';

const partitions = 3;
/** Kills while the client sends, and how much it must have had acknowledged before each. */
const kills = 3;
const ackedBetweenKills = 200;

/** Sends while the broker is killed and started again. What was acknowledged must be there; in its order, and once. */
async function killUnderLoad(stage: Stage, { isIdempotent }: { readonly isIdempotent: boolean }): Promise<void> {
  const topic = await stage.topic({ partitions });
  const load = stage.client.begin('load', { topic, isIdempotent, partitions });
  const acked = (): number => (load.events.at(-1)?.data['count'] as number | undefined) ?? 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const before = acked();
    await load.until('acknowledgements', () => acked() >= before + ackedBetweenKills, 60_000);
    await stage.crash();
  }
  const before = acked();
  await load.until('acknowledgements after the last start', () => acked() >= before + ackedBetweenKills, 60_000);
  const told = await load.stop();
  const stored = await stage.stored(topic);
  const there = new Map<number, number>();
  for (const record of stored) {
    const number = Number(plainText(record));
    there.set(number, (there.get(number) ?? 0) + 1);
  }
  const lost = told.acked.filter((number) => !there.has(number));
  ok(lost.length === 0, `${lost.length} acknowledged records are lost, such as ${lost.slice(0, 5).join()}`);
  if (!isIdempotent) return;
  const twice = told.acked.filter((number) => there.get(number)! > 1);
  ok(twice.length === 0, `${twice.length} records are there twice, such as ${twice.slice(0, 5).join()}`);
}

export const crashes: readonly Feature[] = section('Crashes', {
  'kill -9 of the broker: no acknowledged record lost': {
    isLong: true,
    run: (stage) => killUnderLoad(stage, { isIdempotent: false }),
  },
  'kill -9 of the broker, idempotent: none twice either': {
    isLong: true,
    run: (stage) => killUnderLoad(stage, { isIdempotent: true }),
  },
});
