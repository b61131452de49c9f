import { parseArgs } from 'node:util';
import { simulate } from './simulation.ts';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, seeds: { type: 'string', default: '1' }, trace: { type: 'boolean', default: false } } });
const first = Number(values.seed);
for (let seed = first; seed < first + Number(values.seeds); seed += 1) {
  const result = await simulate(seed);
  const { failures, ...counts } = { ...result, trace: undefined, plan: undefined };
  console.log(JSON.stringify(counts));
  if (values.trace) console.log(result.trace);
  if (failures.length > 0) {
    console.log(`seed ${seed} failed:\n${failures.slice(0, 20).join('\n')}`);
    break;
  }
}
