import { describe, expect, it } from 'vitest';
import { LogLevels, subsystemsAtStart } from '../../src/log/log-levels.ts';

describe('LogLevels', () => {
  it('O5 have one level for all, and others for single subsystems', () => {
    const levels = new LogLevels('info', new Map([['group', 'debug']]));
    expect(levels.allows('info', 'topic.created')).toBe(true);
    expect(levels.allows('debug', 'connection.closed')).toBe(false);
    expect(levels.allows('debug', 'group.rebalanced')).toBe(true);
    levels.setLevel('error');
    levels.setSubsystem('connection', 'debug');
    levels.setSubsystem('group', null);
    expect(levels.allows('warn', 'disk.full')).toBe(false);
    expect(levels.allows('debug', 'connection.closed')).toBe(true);
    expect(levels.allows('warn', 'group.member_evicted')).toBe(false);
    expect(levels.allows('fatal', 'process.fault')).toBe(true);
    levels.setLevel('silent');
    expect(levels.allows('fatal', 'process.fault')).toBe(false);
  });

  it('SEC-15 leave the audit trail in a log that is told to be short, unless it is to be silent', () => {
    const short = new LogLevels('error', subsystemsAtStart('error'));
    expect([short.allows('info', 'audit.topic_created'), short.allows('info', 'topic.created')]).toEqual([true, false]);
    const silent = new LogLevels('silent', subsystemsAtStart('silent'));
    expect(silent.allows('info', 'audit.topic_created')).toBe(false);
  });
});
