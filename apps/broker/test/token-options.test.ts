import { describe, expect, it } from 'vitest';
import { brokerOptions } from '../src/broker-options.ts';
import { resolveSettings } from '../src/resolve-settings.ts';
import { refusalOf } from '../src/settings-report.ts';
import { programInput } from '../src/settings-input.ts';

async function settingsOf(...argv: string[]) {
  const resolved = await resolveSettings(programInput({ argv, env: {} }));
  if (resolved.kind !== 'settings') throw new Error(JSON.stringify(resolved));
  return resolved;
}

const tokens = ['--oauth-issuer', 'https://id.example.com', '--oauth-audience', 'q,q-test', '--oauth-keys', 'discover'];

describe('A1, SEC-8 settings of tokens', () => {
  it('A1, Q3: come to what the broker takes', async () => {
    const { settings } = await settingsOf(...tokens, '--oauth-algorithms', 'ES256,EdDSA');
    expect(brokerOptions(settings).security).toMatchObject({
      mechanisms: ['OAUTHBEARER'],
      tokens: {
        issuer: 'https://id.example.com',
        audience: ['q', 'q-test'],
        keys: 'discover',
        algorithms: ['ES256', 'EdDSA'],
        principalClaim: 'sub',
        clockSkewMs: 30_000,
        lifetimeMsMax: 86_400_000,
      },
    });
    expect(refusalOf({ settings })).toBeNull();
  });

  it('A1, Q3: ask for each other: without an audience, tokens for any other service would do', async () => {
    for (const [left, missing] of [
      [0, 'oauthIssuer'],
      [2, 'oauthAudience'],
      [4, 'oauthKeys'],
    ] as const) {
      const { settings } = await settingsOf(...tokens.toSpliced(left, 2));
      expect(refusalOf({ settings })).toMatch(`${missing} = none`);
    }
    const { settings } = await settingsOf();
    expect(brokerOptions(settings).security).toBeUndefined();
  });

  it.each([
    ['--oauth-keys', 'http://keys.example.com/'],
    ['--oauth-keys', 'ftp://127.0.0.1/keys'],
    ['--oauth-keys', 'https://user:password@example.com/'],
    ['--oauth-algorithms', 'none'],
    ['--oauth-algorithms', 'HS256'],
    ['--oauth-algorithms', 'ES256,'],
    ['--oauth-issuer', 'two words'],
    ['--oauth-audience', ','],
    ['--oauth-clock-skew-ms', '300001'],
    ['--oauth-token-lifetime-ms', '0'],
    ['--audit', 'somewhere'],
    ['--audit-retention-ms', '0'],
  ])('A1, Q3: %s %s is refused', async (flag, value) => {
    await expect(settingsOf(flag, value)).rejects.toThrow(value);
  });

  it.each([
    'keys.json',
    '/etc/q/keys.json',
    'http://127.0.0.1:8080/keys',
    'http://[::1]/keys',
    'https://id.example.com/keys',
  ])('A1, Q3: keys come from %s', async (keys) => {
    const { settings } = await settingsOf(...tokens.slice(0, 4), '--oauth-keys', keys);
    expect(refusalOf({ settings })).toBeNull();
  });

  it('A1, Q3: those of the audit trail come to what the broker takes', async () => {
    const { settings } = await settingsOf(
      '--audit',
      'topic',
      '--audit-logins',
      'false',
      '--audit-retention-ms',
      'none',
    );
    expect(brokerOptions(settings).audit).toEqual({
      to: 'topic',
      logins: false,
      retentionMs: -1,
      retentionBytes: 1_073_741_824,
    });
    expect(brokerOptions((await settingsOf()).settings).audit).not.toHaveProperty('to');
  });
});
