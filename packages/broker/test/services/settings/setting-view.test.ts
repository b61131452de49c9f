import { describe, expect, it } from 'vitest';
import { hidden, shown } from '../../../src/services/settings/setting-view.ts';

const open = { isSecret: false, default: 'none' };
const secret = { isSecret: true, default: 'none' };

describe('what is shown of a setting', () => {
  it.each([
    [open, 'info', 'info'],
    [open, 'https://collector.example:4318/v1/logs', 'https://collector.example:4318/v1/logs'],
    [open, 'https://me:s3cret@collector.example/v1', 'https://********@collector.example/v1'],
    [open, 'https://me:s3cret/x@collector.example/v1', 'https://me:s3cret/x@collector.example/v1'],
    [open, 'http://collector.example?key=s3cret', 'http://collector.example?********'],
    [open, 'http://[::1]:80/a#s3cret', 'http://[::1]:80/a?********'],
    [secret, 'none', 'none'],
    [secret, 's3cret', '********'],
    [secret, 'https://hooks.example/T0/B0/s3cret', 'https://hooks.example/********'],
    [secret, 'https://me:s3cret@hooks.example?a=s3cret', 'https://hooks.example/********'],
    [secret, 'https://hooks.example#s3cret', 'https://hooks.example/********'],
  ] as const)('O3, SEC-15: of %j %s is %s', (definition, value, expected) => {
    expect(shown(definition, value)).toBe(expected);
  });

  it('O3, SEC-15: every value that was given is masked, and what comes after a restart', () => {
    const value = 'https://a:canary@x.example';
    const given = { value, source: 'file', from: 'q.yaml' } as const;
    const facts = { name: 'x', type: '', allowed: '', doc: '', isReloadable: true, source: 'file', from: '' } as const;
    const view = hidden(open, { ...open, ...facts, value, values: [given], afterRestart: value });
    expect(JSON.stringify(view)).not.toContain('canary');
  });
});
