/** Problems as the OpenAPI document and the tests have them. Apart from the rest, which must load without zod. */
import { z } from 'zod';

/** One part of a request that is wrong: where it stands, what it is, and what may stand there. */
const fieldProblem = z
  .object({
    field: z.string().describe('Where it stands: `query.limit`, `params.topic`, `body.partitions`, `header.accept`.'),
    value: z
      .string()
      .nullable()
      .describe('What was sent, as JSON where it is no text, cut to 200 characters; null: nothing.'),
    allowed: z.string().describe('What may stand there.'),
  })
  .meta({ id: 'FieldProblem' });

/** What every error is answered with: the body of `problem.ts`. */
export const problemSchema = z
  .object({
    type: z
      .string()
      .describe('Where the meaning of the code is told, relative to the request; `about:blank`: nowhere.'),
    title: z.string().describe('What the code means, in one sentence.'),
    status: z.int().describe('The HTTP status.'),
    code: z.string().describe('The stable name of the error, for programs.'),
    detail: z.string().describe('What is wrong with this request, for people.'),
    retriable: z.boolean().describe('The same request may succeed when it is sent again after a pause.'),
    details: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .describe('Facts, for programs.')
      .optional(),
    errors: z.array(fieldProblem).describe('Each part of the request that is wrong.').optional(),
  })
  .meta({ id: 'Problem', description: 'An error, as RFC 9457 has it.' });
