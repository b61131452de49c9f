/**
 * Hunts planted bugs and prints which were caught, how, and how fast, as a table:
 *
 *   node --conditions=@q/source tests/planted/planted.ts [--seconds 300] [--only text]
 */
import { parseArgs } from 'node:util';
import { mutations } from './mutations.ts';
import { hunt } from './planted-rig.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
console.log('| planted bug | in | caught after | by |\n|---|---|---|---|');
for (const mutation of mutations.filter(({ name }) => name.includes(values.only))) {
  const found = await hunt(mutation, { seed: Number(values.seed), secondsMax: Number(values.seconds) });
  const file = mutation.file.replace(/^packages\/([\w-]+)\/src\//, '$1: ');
  const by = found.rig === 'simulation' ? kindOf(found.failure) : found.rig;
  const after = found.caught
    ? `${found.runs} runs, ${found.seconds} s`
    : `**not** in ${found.runs} runs, ${found.seconds} s`;
  console.log(`| ${mutation.name} | ${file} | ${after} | ${by} |`);
  if (!found.caught) process.exitCode = 1;
}

function kindOf(failure: string | null): string {
  if (failure === null) return '–';
  const kind = /"kind":"([^"]+)"/.exec(failure)?.[1] ?? failure.split(/[:{]/)[0]!.slice(0, 60);
  return failure.startsWith('in an image') ? `${kind}, in an image of a power cut` : kind;
}
