/**
 * AlterClientQuotas (49): sets and takes away quotas of users, client ids and addresses.
 *
 *   request   entries [ entity [ entityType string │ entityName string? ]
 *               │ ops [ key string │ value float64 │ remove bool ] ] │ validateOnly bool
 *   answer    throttleTimeMs int32
 *             │ entries [ errorCode int16 │ errorMessage string? │ entity [ entityType string │ entityName string? ] ]
 */
import { array } from '../wire/array.ts';
import { bool, float64, int16, int32, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

const entity = array(struct({ entityType: string, entityName: nullable(string) }));

export const alterClientQuotas = api({
  key: 49,
  name: 'AlterClientQuotas',
  flexibleSince: 1,
  request: {
    entries: array(struct({ entity, ops: array(struct({ key: string, value: float64, remove: bool })) })),
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    entries: array(struct({ errorCode: int16, errorMessage: field(nullable(string), { blank: null }), entity })),
  },
});
