import type { Clock } from '@q/storage';
import { clusterLimits } from '../limits.ts';
import { checkObjectName } from '../object-store/check-call.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { checkCreateOnce, checkReach, checkRead } from './first-checks.ts';
import { measureLatencies } from './measure-latency.ts';
import { checkBytesStay, checkChecksum, checkDelete, checkList, checkParts } from './object-checks.ts';
import { Probe } from './probe.ts';
import { checkRaces } from './race-check.ts';
import type { StoreFinding, StoreLatency, StoreReport } from './store-report.ts';

/** How to look at a store. */
export interface StoreCheckOptions {
  readonly clock: Pick<Clock, 'schedule' | 'monotonic'>;
  /** Of this look alone, such as a UUID: all its names begin with `probe/<id>-`. */
  readonly id: string;
  readonly signal?: AbortSignal | undefined;
  /** Races of objects of 1 KiB and of 1 MiB. Default: 48 and 16, which no store that is wrong has survived. */
  readonly smallRaces?: number;
  readonly largeRaces?: number;
  /** Told of each finding as it is made. */
  readonly onFinding?: (finding: StoreFinding) => void;
}

/**
 * Finds out whether a cluster may use a store: whether a name is created once, whoever else tries at the same time, and
 * whatever else a broker needs of it. Takes 5 minutes at most, makes up to 200 objects under `probe/`, and removes them
 * all. No clock takes part in what it finds.
 *
 * The first failure of a call is a finding, and no error. Throws a ClusterError for an id that no name can have.
 */
export async function checkStore(store: ObjectStore, options: StoreCheckOptions): Promise<StoreReport> {
  checkObjectName(options.id);
  const abort = new AbortController();
  const giveUp = (): void => abort.abort();
  const timer = options.clock.schedule(clusterLimits.storeCheckMsMax, giveUp);
  options.signal?.addEventListener('abort', giveUp, { once: true });
  if (options.signal?.aborted === true) giveUp();
  const probe = new Probe({ store, clock: options.clock, id: options.id, signal: abort.signal });
  try {
    const { findings, latencies } = await runChecks(probe, options);
    const leftBehind = await cleanUp(store, probe);
    const fault = findings.find(({ verdict }) => verdict === 'failed')?.said ?? null;
    // Calls that were given up look like failures of the store.
    const shown = abort.signal.aborted ? 'it was not looked at to the end: that took too long, or was given up' : fault;
    return { store: store.description, isFit: shown === null, fault: shown, findings, latencies, leftBehind };
  } finally {
    timer.cancel();
    options.signal?.removeEventListener('abort', giveUp);
  }
}

async function runChecks(
  probe: Probe,
  options: StoreCheckOptions,
): Promise<{ readonly findings: StoreFinding[]; readonly latencies: StoreLatency[] }> {
  const findings: StoreFinding[] = [];
  const { smallRaces = 48, largeRaces = 16 } = options;
  // Each is worth something only where the ones before have passed.
  const checks = [
    () => checkReach(probe),
    () => checkCreateOnce(probe),
    () => checkRead(probe),
    () => checkRaces(probe, { check: 'races, small', count: smallRaces, sizeBytes: 1_024 }),
    () => checkRaces(probe, { check: 'races, 1 MiB', count: largeRaces, sizeBytes: 1_048_576 }),
    () => checkParts(probe),
    () => checkChecksum(probe),
    () => checkList(probe),
    () => checkDelete(probe),
    () => checkBytesStay(probe),
  ];
  for (const check of checks) {
    const finding = await check();
    findings.push(finding);
    options.onFinding?.(finding);
    if (finding.verdict === 'failed') return { findings, latencies: [] };
  }
  return { findings, latencies: await measureLatencies(probe) };
}

/** How often what is left is looked for: a request that was given up may arrive late. */
const sweepsMax = 2;

/** Removes what was made, also where the look was given up. Says how many names it could not. */
async function cleanUp(store: ObjectStore, probe: Probe): Promise<number> {
  const call = { timeoutMs: clusterLimits.storeCleanUpMsMax };
  let names: readonly string[] = [...probe.made.keys()];
  for (let sweep = 0; ; sweep += 1) {
    const results = [];
    for (const name of names) {
      results.push(await store.delete(name, call));
      // A store that does not answer will not do so for the others.
      if (results.at(-1)?.outcome === 'failed') return names.length - results.length + 1;
    }
    const left = await store.list(probe.prefix, call);
    if (left.outcome !== 'listed' || sweep === sweepsMax) return left.outcome === 'listed' ? left.names.length : 0;
    if (left.names.length === 0) return 0;
    names = left.names;
  }
}
