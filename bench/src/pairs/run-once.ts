import { allCases, caseKey } from '../case-list.ts';
import type { Sample } from '../case.ts';
import type { RunContext } from '../run-context.ts';

/**
 * Runs the product once in one shape: half of a pair. @throws Error when no case has exactly this key, or it cannot be
 * measured here
 */
export async function runOnce(context: RunContext, key: string): Promise<Sample> {
  const subject = allCases(context).find((candidate) => caseKey(candidate) === key);
  const product = subject?.variants.find(({ name }) => name === 'product');
  if (subject === undefined || product === undefined) throw new Error(`no case is called "${key}"; --list shows all`);
  const why = (await subject.whyNot?.()) ?? (await product.whyNot?.()) ?? null;
  if (why !== null) throw new Error(why);
  try {
    await subject.prepare?.();
    return await product.run();
  } finally {
    await subject.cleanUp?.();
  }
}
