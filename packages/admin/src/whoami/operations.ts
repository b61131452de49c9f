/** Who asks, as the broker has found out (row A1). */
import { z } from 'zod';
import { json, operation } from '../operation/operation.ts';

const self = z
  .object({
    principal: z.string().describe('As access rules name it: `User:NAME`.'),
    by: z
      .enum(['password', 'token', 'certificate', 'nothing'])
      .describe('How it was shown; `nothing`: nobody has to show who they are here.'),
    address: z.string().describe('Where the request came from.'),
  })
  .meta({ id: 'Self' });

const whoAmI = operation({
  id: 'whoAmI',
  method: 'get',
  path: '/api/v1/whoami',
  tag: 'security',
  summary: 'Who you are for this broker.',
  answer: json(self),
  handle: (_input, { who, shownBy }) => ({ principal: who.principal.name, by: shownBy, address: who.address }),
});

export const whoAmIOperations = [whoAmI] as const;
