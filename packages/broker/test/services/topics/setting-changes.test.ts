import { describe, expect, it } from 'vitest';
import { alteredSettings } from '../../../src/services/topics/setting-changes.ts';
import type { SettingChanges } from '../../../src/services/topics/setting-changes.ts';

const nothing: SettingChanges = { set: [], unset: [] };

function alter(
  changes: Partial<SettingChanges>,
  topic: Record<string, string> = {},
  broker: Record<string, string> = {},
) {
  const now = { topic: new Map(Object.entries(topic)), broker: new Map(Object.entries(broker)) };
  return Object.fromEntries(alteredSettings(now, { ...nothing, ...changes }));
}

describe('changes of settings', () => {
  it('T1 set and unset some, and leave the others', () => {
    const topic = { 'retention.ms': '1', 'segment.bytes': '2000' };
    const set = [{ key: 'segment.ms', value: '1h' }];
    expect(alter({ set, unset: ['retention.ms'] }, topic)).toEqual({
      'segment.bytes': '2000',
      'segment.ms': '3600000',
    });
    expect(() => alter({ set, unset: ['segment.ms'] })).toThrow(/both set and unset/);
  });

  it('B1 can replace them all', () => {
    const set = [{ key: 'retention.ms', value: '2' }];
    expect(alter({ set, replacesAll: true }, { 'retention.ms': '1', 'segment.bytes': '2000' })).toEqual({
      'retention.ms': '2',
    });
  });

  it('B1 add to a list and take from it, beginning with what is in force', () => {
    const key = 'cleanup.policy';
    const compact = { key, add: ['compact'], remove: [] };
    expect(alter({ lists: [compact] })).toEqual({ [key]: 'delete,compact' });
    expect(alter({ lists: [compact] }, { [key]: 'compact' })).toEqual({ [key]: 'compact' });
    expect(alter({ lists: [compact] }, {}, { [key]: 'compact' })).toEqual({ [key]: 'compact' });
    const without = { key, add: [], remove: ['delete'] };
    expect(alter({ lists: [without] }, { [key]: 'compact,delete' })).toEqual({ [key]: 'compact' });
    expect(() => alter({ lists: [without] })).toThrow(/cleanup\.policy = ""/);
    expect(() => alter({ lists: [{ ...compact, key: 'no.such' }] })).toThrow(/no\.such/);
  });
});
