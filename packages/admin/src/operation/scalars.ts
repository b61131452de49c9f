/** Values that stand in many schemas. */
import { z } from 'zod';
import type { QError } from '@q/protocol';

export const count: z.ZodInt = z.int().min(0);
/** -1: unknown. */
export const orUnknown: z.ZodInt = z.int().min(-1);
export const topicName: z.ZodString = z.string().min(1).max(249).describe('Name of a topic.');
export const groupId: z.ZodString = z.string().min(1).max(1_000).describe('Id of a group.');
export const partitionNumber: z.ZodInt = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);
export const offset: z.ZodInt = z.int().min(0);

/** What is wrong with one part of a request whose other parts may have succeeded. */
export const partError = z
  .object({ code: z.string(), message: z.string(), retriable: z.boolean() })
  .nullable()
  .describe('Null: all went well.');

export function partErrorOf(error: QError | null): z.input<typeof partError> {
  return error === null ? null : { code: error.code, message: error.message, retriable: error.retriable };
}
