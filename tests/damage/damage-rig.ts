import { seededRandom } from '@q/testkit';
import type { RigReport } from '@q/testkit';
import { partOf, whole } from '../part.ts';
import type { Part } from '../part.ts';
import { RigRun } from '../rig-run.ts';
import { allDamage, describeDamage, sampleDamage } from './damage.ts';
import type { Damage, DamageKind } from './damage.ts';
import { makeImages } from './fixture.ts';
import type { Image } from './fixture.ts';
import { expectedOf, inspectLogs } from './log-inspection.ts';
import type { Verdict } from './log-inspection.ts';
import { expectedTopics, inspectMetadata } from './metadata-inspection.ts';

export interface DamageOptions {
  /** How many damaged folders of each image; `all` is every bit and every size of every file. */
  readonly count: number | 'all';
  readonly seed: number;
  /** Only this one, as a failure names it. */
  readonly only?: string;
  /** That share of them. */
  readonly part?: Part;
}

/** Longer than any folder of a few kilobytes may take to open and read: beyond it, something hangs. */
const hangMs = 5_000;

/**
 * Damages one file of a small data folder, opens it, reads everything, and compares with what was written. See
 * `docs/RELIABILITY.md` for what counts as wrong.
 */
export async function run(options: DamageOptions): Promise<RigReport> {
  const rig = new RigRun('damage', options.seed);
  for (const image of await makeImages()) {
    const inspect = await inspector(image);
    for (const damage of partOf(chosen(image, options), options.part ?? whole)) {
      const name = describeDamage(image.name, damage);
      const verdict = await judged(() => inspect(damage));
      rig.ran(verdict.outcome);
      if (verdict.limit !== null && verdict.wrongs.length > 0) rig.count(`known limit: ${verdict.limit}`);
      else for (const wrong of verdict.wrongs) rig.fail(`${name}: ${wrong}`, `--only ${name}`);
    }
  }
  return rig.report();
}

function chosen(image: Image, { count, seed, only }: DamageOptions): Damage[] {
  if (only !== undefined) {
    const [name, path, kind, at] = only.split(':') as [string, string, DamageKind, string];
    return name === image.name ? [{ path, kind, at: Number(at) }] : [];
  }
  return count === 'all'
    ? allDamage(image.folder)
    : sampleDamage(image.folder, { count: Math.ceil(count / 2), random: seededRandom(seed) });
}

async function inspector(image: Image): Promise<(damage: Damage) => Promise<Verdict>> {
  const expected = await expectedOf(image);
  const topics = await expectedTopics(image);
  return (damage) =>
    damage.path.startsWith('__metadata-')
      ? inspectMetadata(image, damage, topics)
      : inspectLogs(image, damage, expected);
}

/** Anything thrown that the product does not mean to throw, and anything that does not end, is a failure. */
async function judged(inspect: () => Promise<Verdict>): Promise<Verdict> {
  const hang = Promise.withResolvers<'hung'>();
  const timer = setTimeout(() => hang.resolve('hung'), hangMs);
  try {
    const verdict = await Promise.race([inspect(), hang.promise]);
    return verdict === 'hung'
      ? { outcome: 'hung', wrongs: [`nothing happens any more after ${hangMs} ms`], limit: null }
      : verdict;
  } catch (error) {
    const reason =
      error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 3).join(' ') : String(error);
    return { outcome: 'crashed', wrongs: [`an error that is not typed: ${reason}`], limit: null };
  } finally {
    clearTimeout(timer);
  }
}
