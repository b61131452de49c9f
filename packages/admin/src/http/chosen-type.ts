import { Problem } from './problem.ts';

/**
 * The media type of the answer: of those that there are, the one that `Accept` likes best, and the first of equals.
 * @throws Problem NOT_ACCEPTABLE
 */
export function chooseType(accept: string | null, types: readonly string[]): string {
  const [first = '*/*'] = types;
  if (accept === null || accept.trim() === '' || types.length === 0) return first;
  const ranges = accept.split(',', rangesMax).map(rangeOf);
  let best = { type: '', quality: 0 };
  for (const type of types) {
    const quality = qualityOf(type, ranges);
    if (quality > best.quality) best = { type, quality };
  }
  if (best.quality > 0) return best.type;
  throw new Problem('NOT_ACCEPTABLE', `there is no ${JSON.stringify(accept.slice(0, 200))} here`, {
    errors: [{ field: 'header.accept', value: accept.slice(0, 200), allowed: types.join(', ') }],
  });
}

const rangesMax = 50;

interface Range {
  readonly type: string;
  readonly quality: number;
}

function rangeOf(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 };
}

/** That of the narrowest range that has it. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const wide = `${type.split('/')[0]!}/*`;
  for (const wanted of [type, wide, '*/*']) {
    const range = ranges.find((candidate) => candidate.type === wanted);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
