import type { CreateResult } from '../object-store/object-store.ts';
import { failedCheck, hasBytes, passed, shownResult, warned } from './probe.ts';
import type { Probe } from './probe.ts';
import type { StoreCheckName, StoreFinding } from './store-report.ts';

/** Who create one name at the same time. */
const racersCount = 8;

export interface Races {
  readonly check: StoreCheckName & `races${string}`;
  readonly count: number;
  readonly sizeBytes: number;
}

/** What one race has shown; `null`: nothing, as the store gave too few answers. */
type RaceFault = { readonly fault: string | null } | null;

/** Whether one name has one winner, however many create it at once. */
export async function checkRaces(probe: Probe, races: Races): Promise<StoreFinding> {
  const faults: string[] = [];
  let undecided = 0;
  for (let race = 0; race < races.count; race += 1) {
    const outcome = await runRace(probe, { ...races, race });
    if (outcome === null) undecided += 1;
    else if (outcome.fault !== null) faults.push(outcome.fault);
    if (probe.call.signal?.aborted === true) break;
  }
  const { check, count } = races;
  if (faults[0] !== undefined) return failedCheck(check, `${faults[0]} (in ${faults.length} of ${count} races)`);
  if (undecided > count / 2)
    return failedCheck(check, `it left ${undecided} of ${count} races without an answer that decides them`);
  const said = `one winner in each of ${count - undecided} races of ${racersCount}`;
  return undecided === 0 ? passed(check, said) : warned(check, `${said}; ${undecided} without a clear answer`);
}

async function runRace(probe: Probe, o: Races & { readonly race: number }): Promise<RaceFault> {
  const name = probe.name(`race-${o.sizeBytes}-${o.race}`);
  const bodies = Array.from({ length: racersCount }, (_, racer) => bodyOf(o.sizeBytes, racer));
  const results = await Promise.all(bodies.map((body) => probe.store.create(name, body, probe.call)));
  const winners = racersWith(results, 'created');
  if (winners.length > 1)
    return {
      fault: `it creates a name twice: of ${racersCount} who create one at once, ${winners.length} are told that it is theirs`,
    };
  const others = racersWith(results, 'unknown');
  if (racersWith(results, 'taken').length === racersCount)
    return { fault: `it creates a name for nobody: ${racersCount} try at once, and none is told that it is theirs` };
  const found = await probe.store.get(name, probe.call);
  // Who was left without an answer may have won, and then nobody was told.
  const owner = (winners.length > 0 ? winners : others).find((racer) => hasBytes(found, bodies[racer]!));
  if (owner !== undefined) {
    probe.made.set(name, bodies[owner]!);
    return { fault: null };
  }
  if (found.outcome === 'failed' || winners.length === 0) return null;
  const shown = found.outcome === 'found' ? "another's bytes" : shownResult(found);
  return { fault: `it tells one of ${racersCount} that a name is theirs, and has ${shown} under it` };
}

function racersWith(results: readonly CreateResult[], outcome: CreateResult['outcome']): number[] {
  return results.flatMap((result, racer) => (result.outcome === outcome ? [racer] : []));
}

/** Different in each byte from those of the other racers: a mixture would be seen. */
function bodyOf(sizeBytes: number, racer: number): Buffer {
  return Buffer.alloc(sizeBytes, racer + 1);
}
