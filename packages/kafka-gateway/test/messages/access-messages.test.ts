/** What is asked about access rules and quotas, as a reader sees it. Every version, byte by byte: `layouts.test.ts`. */
import { describe, expect, it } from 'vitest';
import { readRequestHead, readRequestHeader } from '../../src/frame/request-header.ts';
import { alterClientQuotas } from '../../src/messages/alter-client-quotas.ts';
import type { Api } from '../../src/messages/api.ts';
import { createAcls } from '../../src/messages/create-acls.ts';
import { deleteAcls } from '../../src/messages/delete-acls.ts';
import { describeClientQuotas } from '../../src/messages/describe-client-quotas.ts';
import { exchangesIn } from '../captures.ts';

/** The request with a value in every field, in its newest version. */
function asked(api: Api): unknown {
  const full = exchangesIn('layouts-4.4').filter(({ apiKey, flow }) => apiKey === api.key && flow === 'layout-full');
  const { apiVersion, request } = full.at(-1)!;
  const { bodyAt } = readRequestHeader(request, readRequestHead(request), apiVersion >= api.flexibleSince);
  return api.request.decode(request, bodyAt, apiVersion);
}

describe('messages about access', () => {
  it('A3 CreateAcls names resource, pattern, principal, host, operation and permission', () => {
    expect(asked(createAcls as Api)).toMatchObject({
      creations: [
        {
          resourceType: 1,
          resourceName: 's2',
          resourcePatternType: 3,
          principal: 's4',
          host: 's5',
          operation: 6,
          permissionType: 7,
        },
        { resourceType: 8, resourceName: 's9' },
      ],
    });
  });

  it('A3 DeleteAcls names filters of the same', () => {
    expect(asked(deleteAcls as Api)).toMatchObject({
      filters: [{ resourceTypeFilter: 1, resourceNameFilter: 's2', patternTypeFilter: 3, principalFilter: 's4' }, {}],
    });
  });

  it('A3 DescribeClientQuotas names parts of an entity', () => {
    expect(asked(describeClientQuotas as Api)).toMatchObject({
      components: [{ entityType: 's1', matchType: 2, match: 's3' }, { entityType: 's4' }],
      strict: false,
    });
  });

  it('A3 AlterClientQuotas names entities, and what becomes of their quotas', () => {
    expect(asked(alterClientQuotas as Api)).toMatchObject({
      entries: [
        { entity: [{ entityType: 's1', entityName: 's2' }, {}], ops: [{ key: 's5', value: 6.5, remove: false }, {}] },
        {},
      ],
    });
  });
});
