import type { GroupDescription, Q } from '@q/client';

/** The group, or `null` when there is none: for those to whom that is no error. */
export async function findGroup(q: Q, group: string): Promise<GroupDescription | null> {
  const { QError } = await import('@q/client');
  try {
    return await q.admin.describeGroup(group);
  } catch (error) {
    if (QError.is(error) && error.code === 'UNKNOWN_GROUP') return null;
    throw error;
  }
}
