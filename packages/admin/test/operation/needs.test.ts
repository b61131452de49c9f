import { adminNeeds } from '@q/security';
import { describe, expect, it } from 'vitest';
import { openApiOperation } from '../../src/openapi/operations.ts';
import { operations } from '../../src/operations.ts';

describe('what operations need', () => {
  it('A3, SEC-11: stands in the table for each, and for nothing else', () => {
    const ids = [...operations, openApiOperation(operations, '0')].map(({ id }) => id);
    expect(Object.keys(adminNeeds).toSorted()).toEqual(ids.toSorted());
  });
});
