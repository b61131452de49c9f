import { stripVTControlCharacters } from 'node:util';
import { errorTable, QError } from '@q/client';
import { describe, expect, it } from 'vitest';
import { usageError } from '../src/command-error.ts';
import { reportError } from '../src/error-line.ts';
import { ExitCode, exitCodeOfError } from '../src/exit-code.ts';

describe('errors', () => {
  it('O2 W2 are one line: what, the code, and what to do next', async () => {
    for (const { name, action } of errorTable) {
      const { line } = await reportError(new QError(name, 'something went\n  wrong.'));
      expect(stripVTControlCharacters(line)).toBe(`q: something went wrong (${name}). ${action}\n`);
    }
  });

  it('O2 have exit codes that scripts can tell apart, and that never change', () => {
    expect(ExitCode).toEqual({
      ok: 0,
      failure: 1,
      usage: 2,
      notFound: 3,
      timeout: 4,
      notAuthorised: 5,
      interrupted: 130,
    });
    const special = errorTable
      .map(({ name }) => [name, exitCodeOfError(name)])
      .filter(([, code]) => code !== ExitCode.failure);
    expect(Object.fromEntries(special)).toEqual({
      UNKNOWN_TOPIC: 3,
      UNKNOWN_TOPIC_ID: 3,
      UNKNOWN_PARTITION: 3,
      UNKNOWN_GROUP: 3,
      REQUEST_TIMED_OUT: 4,
      DELIVERY_TIMED_OUT: 4,
    });
  });

  it('O2 of our own and of others are reported too', async () => {
    expect(await reportError(usageError('nothing to change'))).toMatchObject({ exitCode: 2 });
    const { line, exitCode } = await reportError(new Error('EIO: no\nluck'));
    expect([stripVTControlCharacters(line), exitCode]).toEqual(['q: EIO: no luck\n', 1]);
  });
});
