/* Loaded into a program with `--import`: `?file=…&everyMs=…` says where its samples go. */
import { writeSamples } from './memory-samples.ts';

const { searchParams } = new URL(import.meta.url);
writeSamples(searchParams.get('file') ?? '', Number(searchParams.get('everyMs')));
