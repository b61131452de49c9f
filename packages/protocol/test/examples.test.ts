import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

function run(example: string): string {
  return execFileSync(process.execPath, [fileURLToPath(new URL(`../examples/${example}.ts`, import.meta.url))], {
    encoding: 'utf8',
  });
}

describe('examples', () => {
  it('W1 exchange: a request and its answer', () => {
    expect(run('exchange')).toBe('api 1 customer-1 -> {"amount":12.5}\nstored at offset 1042\n');
  });
});
