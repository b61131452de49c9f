import { describe, expect, it } from 'vitest';

import { sampledContext } from '../../src/tracing/sampled-context.ts';

const ids = `00-${'1'.repeat(32)}-${'2'.repeat(16)}`;

function of(...values: (string | null)[]): string | null {
  return sampledContext([
    { key: 'kind', value: Buffer.from('new') },
    ...values.map((value) => ({ key: 'traceparent', value: value === null ? null : Buffer.from(value) })),
  ]);
}

describe('the context that a broker is told of', () => {
  it('O5 is that of a sampled record, whatever else its flags say', () => {
    expect(of(`${ids}-01`)).toBe(`${ids}-01`);
    expect(of(`${ids}-03`)).toBe(`${ids}-03`);
  });

  it.each([[[`${ids}-00`]], [[`${ids}-02`]], [['garbage']], [[null]], [[`${ids}-01-more`]], [[]]])(
    'O5 is none with %j',
    (values) => {
      expect(of(...values)).toBeNull();
    },
  );

  it('O5 is the last of several', () => {
    expect(of(`${ids}-01`, `${ids}-03`)).toBe(`${ids}-03`);
    expect(of(`${ids}-01`, `${ids}-00`)).toBeNull();
  });
});
