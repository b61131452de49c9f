/**
 * DescribeConfigs (32): the settings of topics, brokers and other resources, with where each value comes from.
 *
 *   request   resources [ resourceType int8 │ resourceName string │ configurationKeys [ string ]? ]
 *             │ includeSynonyms bool │ 3+ includeDocumentation bool
 *   answer    throttleTimeMs int32
 *             │ results [ errorCode int16 │ errorMessage string? │ resourceType int8 │ resourceName string
 *               │ configs [ name string │ value string? │ readOnly bool │ configSource int8 │ isSensitive bool
 *                 │ synonyms [ name string │ value string? │ source int8 ] │ 3+ configType int8
 *                 │ 3+ documentation string? ] ]
 */
import { array } from '../wire/array.ts';
import { bool, int16, int32, int8, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

const describedConfig = struct({
  name: string,
  value: nullable(string),
  readOnly: bool,
  configSource: int8,
  isSensitive: bool,
  synonyms: field(array(struct({ name: string, value: nullable(string), source: int8 })), { blank: [] }),
  configType: field(int8, { since: 3, blank: 0 }),
  documentation: field(nullable(string), { since: 3, blank: null }),
});

export const describeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  flexibleSince: 4,
  request: {
    resources: array(
      struct({
        resourceType: int8,
        resourceName: string,
        configurationKeys: field(nullable(array(string)), { blank: null }),
      }),
    ),
    includeSynonyms: field(bool, { blank: false }),
    includeDocumentation: field(bool, { since: 3, blank: false }),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    results: array(
      struct({
        errorCode: int16,
        errorMessage: field(nullable(string), { blank: null }),
        resourceType: int8,
        resourceName: string,
        configs: array(describedConfig),
      }),
    ),
  },
});
