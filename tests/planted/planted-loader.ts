/**
 * Loaded with `--import` into the child process that runs a rig against a planted bug, which the environment names.
 * Nothing in the product knows of it.
 */
import { registerHooks } from 'node:module';
import { mutate } from './mutation.ts';
import { mutationNamed } from './mutations.ts';

const mutation = mutationNamed(process.env['PLANTED_BUG'] ?? '');
const url = new URL(`../../${mutation.file}`, import.meta.url).href;

registerHooks({
  load(loaded, context, nextLoad) {
    const result = nextLoad(loaded, context);
    if (loaded !== url) return result;
    const source =
      typeof result.source === 'string' ? result.source : Buffer.from(result.source as Uint8Array).toString();
    return { ...result, source: mutate(source, mutation) };
  },
});
