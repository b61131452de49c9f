import { describe, expect, it } from 'vitest';

import { checkRuntime } from '../src/node-runtime.ts';

describe('the runtime', () => {
  it.each([{ node: '20.20.2' }, { node: '22.14.0' }, { node: '24.10.0' }, { node: '25.1.0' }])(
    'is refused in one sentence: %o',
    (versions) => {
      const wanted = {
        code: 'INVALID_CONFIG',
        message: `@q/client needs Node 24.11 or a later 24, or 26 and later, and this is Node ${versions.node}`,
      };
      expect(() => checkRuntime(versions)).toThrow(expect.objectContaining(wanted));
    },
  );

  it.each([
    { node: '24.11.0' },
    { node: '26.0.0' },
    { node: '24.3.0', bun: '1.3.0' },
    { node: '22.0.0', deno: '2.5.0' },
    {},
  ])('is fine: %o', (versions) => {
    expect(() => checkRuntime(versions)).not.toThrow();
  });
});
