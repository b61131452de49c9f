import { usageError } from '../command-error.ts';
import { namedResources } from './rule-options.ts';
import type { ResourceOptions } from './rule-options.ts';

/** Options of `q acl list` and `q acl remove`: what is left out fits every rule. */
export interface FilterOptions extends ResourceOptions {
  readonly principal?: string;
  readonly permission?: 'allow' | 'deny';
  readonly operation?: readonly string[];
  readonly host?: readonly string[];
  readonly matching?: boolean;
}

/** A filter as the admin API takes it. */
export type RuleFilter = Readonly<Record<string, string>>;

/** One filter for each operation, thing and host that was named. */
export function filtersOf(options: FilterOptions): RuleFilter[] {
  const { principal, permission, operation, host, matching = false, prefixed = false } = options;
  if (matching && prefixed) throw usageError('--matching and --prefixed do not go together');
  const named = namedResources({ ...options, prefixed: prefixed && !matching });
  if (matching && named.length === 0) throw usageError('--matching wants the name of a thing, such as --topic orders');
  const resources =
    named.length === 0
      ? [{}]
      : named.map(({ type, name }) => ({
          resourceType: type,
          resourceName: name,
          ...patternOf({ matching, prefixed }),
        }));
  return resources.flatMap((resource) =>
    orNone(operation).flatMap((one) =>
      orNone(host).map((from) => ({
        ...(principal !== undefined && { principal }),
        ...(permission !== undefined && { permission }),
        ...(one !== undefined && { operation: one }),
        ...(from !== undefined && { host: from }),
        ...resource,
      })),
    ),
  );
}

function orNone<T>(values: readonly T[] | undefined): readonly (T | undefined)[] {
  return values === undefined || values.length === 0 ? [undefined] : values;
}

function patternOf({ matching, prefixed }: { matching: boolean; prefixed: boolean }): RuleFilter {
  if (matching) return { patternType: 'matching' };
  return prefixed ? { patternType: 'prefixed' } : {};
}
