/**
 * Every operation of the admin interface. Each concern has a folder, and in it `operations.ts` with those of it: a new
 * concern adds its list here, and nothing else.
 */
import type { AnyOperation } from './operation/operation.ts';
import { configOperations } from './config/operations.ts';
import { statsOperations } from './stats/operations.ts';

export const operations = [...configOperations, ...statsOperations] as const satisfies readonly AnyOperation[];
