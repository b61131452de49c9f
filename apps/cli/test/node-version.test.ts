import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkNodeVersion } from '../src/node-version.ts';

describe('node version', () => {
  it.each(['24.11.0', '24.21.0', '26.0.0', '26.10.0', '27.1.0'])('runs on %s', (version) => {
    expect(checkNodeVersion(version)).toBeNull();
  });

  it.each(['20.19.0', '22.20.0', '24.10.0', '25.3.0'])(
    'Q3 says in one line that %s is too old, and what to do',
    (version) => {
      expect(checkNodeVersion(version)).toMatch(
        new RegExp(`^q needs Node 24\\.11.*Node ${version}\\..*npx -y pnpm@12 install.*$`),
      );
    },
  );

  it('agrees with engines of the package', () => {
    const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      engines: { node: string };
    };
    expect(engines.node).toBe('^24.11 || >=26');
  });
});
