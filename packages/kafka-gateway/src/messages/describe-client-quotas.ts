/**
 * DescribeClientQuotas (48): the quotas of users, client ids and addresses that fit a filter.
 *
 *   request   components [ entityType string │ matchType int8 │ match string? ] │ strict bool
 *   answer    throttleTimeMs int32 │ errorCode int16 │ errorMessage string?
 *             │ entries [ entity [ entityType string │ entityName string? ] │ values [ key string │ value float64 ] ]?
 */
import { array } from '../wire/array.ts';
import { bool, float64, int16, int32, int8, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const describeClientQuotas = api({
  key: 48,
  name: 'DescribeClientQuotas',
  flexibleSince: 1,
  request: {
    components: array(struct({ entityType: string, matchType: int8, match: nullable(string) })),
    strict: bool,
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    errorCode: int16,
    errorMessage: field(nullable(string), { blank: null }),
    entries: nullable(
      array(
        struct({
          entity: array(struct({ entityType: string, entityName: nullable(string) })),
          values: array(struct({ key: string, value: float64 })),
        }),
      ),
    ),
  },
});
