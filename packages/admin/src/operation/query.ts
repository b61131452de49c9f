/** Parameters of addresses: texts that stand for something else. */
import { z } from 'zod';
import { limits } from '../limits.ts';

/** What the OpenAPI document says of a schema whose text stands for a number or a word: it is shown as that. */
export const shownAs: z.core.$ZodRegistry<{ readonly schema: object }> = z.registry<{ readonly schema: object }>();

/** A whole number. */
export function whole(min: number, max: number): z.ZodType<number, string> {
  const error = `a whole number from ${min} to ${max}`;
  const schema = z
    .string({ error })
    .regex(/^-?\d{1,15}$/, { error })
    .transform(Number)
    .pipe(z.number().min(min, { error }).max(max, { error }));
  shownAs.add(schema, { schema: { type: 'integer', minimum: min, maximum: max } });
  return schema;
}

/** `true` or `false`. */
export const flag: z.ZodType<boolean, string> = z
  .enum(['true', 'false'], { error: 'true or false' })
  .transform((text) => text === 'true');
shownAs.add(flag, { schema: { type: 'boolean' } });

/** Numbers of partitions: `0,3,7`, or the parameter given again. */
export const partitionNumbers: z.ZodType<number[], string | string[]> = z
  .union([z.string(), z.array(z.string())], { error: 'partitions: 0,3,7' })
  .transform((given, context) => {
    const texts = [given].flat().flatMap((text) => text.split(','));
    if (texts.length <= limits.readPartitionsMax && texts.every((text) => /^\d{1,7}$/.test(text)))
      return [...new Set(texts.map(Number))];
    context.addIssue({ code: 'custom', message: `at most ${limits.readPartitionsMax} partitions: 0,3,7` });
    return z.NEVER;
  });
shownAs.add(partitionNumbers, { schema: { type: 'string', pattern: String.raw`^\d+(,\d+)*$`, examples: ['0,3,7'] } });

/** How a list is cut into pages. */
export const pageQuery = {
  limit: whole(1, limits.pageMax)
    .optional()
    .describe(`Most entries of the answer; ${limits.pageDefault} unless given.`),
  after: z.string().max(1_000).optional().describe('Go on behind this: `next` of the page before.'),
};

/** One page of a list that is in the order of its keys. */
export function pageOf<T>(
  items: readonly T[],
  { limit = limits.pageDefault, after }: { readonly limit?: number | undefined; readonly after?: string | undefined },
  keyOf: (item: T) => string,
): { readonly items: T[]; readonly next: string | null } {
  const from = after === undefined ? 0 : items.findIndex((item) => keyOf(item) > after);
  if (from < 0) return { items: [], next: null };
  const page = items.slice(from, from + limit);
  const last = page.at(-1);
  return { items: page, next: last === undefined || from + limit >= items.length ? null : keyOf(last) };
}

/** Behind the last entry of a page. */
export const nextSchema: z.ZodNullable<z.ZodString> = z
  .string()
  .nullable()
  .describe('`after` of the next page; null: this is the last.');
