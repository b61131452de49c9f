/** What error codes mean: where `type` of a problem leads (row W2). */
import { errorTable } from '@q/protocol';
import { z } from 'zod';
import { errorStatus } from '../http/error-status.ts';
import { Problem } from '../http/problem.ts';
import { json, operation } from '../operation/operation.ts';

const errorMeaning = z
  .object({
    name: z.string().describe('Stable, for programs.'),
    code: z.int().describe('Its number on the wire.'),
    kind: z
      .enum(['retry', 'fix', 'fatal'])
      .describe(
        'What to do: send it again after a pause, change it, or give up the producer, connection or partition.',
      ),
    status: z.int().describe('The HTTP status that goes with it.'),
    description: z.string(),
    action: z.string(),
  })
  .meta({ id: 'ErrorMeaning' });

const meanings: readonly z.infer<typeof errorMeaning>[] = errorTable.map((entry) => ({
  ...entry,
  status: errorStatus[entry.name],
}));

const listErrors = operation({
  id: 'listErrors',
  method: 'get',
  path: '/api/v1/errors',
  tag: 'errors',
  summary: 'Every error code, what it means, and what to do.',
  answer: json(z.object({ errors: z.array(errorMeaning) }).meta({ id: 'ErrorMeanings' })),
  handle: () => ({ errors: [...meanings] }),
});

const explainError = operation({
  id: 'explainError',
  method: 'get',
  path: '/api/v1/errors/:name',
  tag: 'errors',
  summary: 'What one error code means, and what to do.',
  params: z.strictObject({ name: z.string().max(100) }),
  answer: json(errorMeaning),
  handle: ({ params: { name } }) => {
    const found = meanings.find((meaning) => meaning.name === name.toUpperCase());
    if (found !== undefined) return found;
    throw new Problem('NOT_FOUND', `there is no error code ${JSON.stringify(name)}; /api/v1/errors lists them`);
  },
});

export const errorOperations = [listErrors, explainError] as const;
