import { stripVTControlCharacters } from 'node:util';
import { errorTable, QError } from '@q/client';
import { describe, expect, it } from 'vitest';
import { CommandError, usageError } from '../src/command-error.ts';
import { reportError } from '../src/error-line.ts';
import { ExitCode, exitCodeOfError } from '../src/exit-code.ts';

describe('errors', () => {
  it('O2 W2 are one line: what, the code, and what to do next', async () => {
    for (const { name, action } of errorTable) {
      const { line } = await reportError(new QError(name, 'something went\n  wrong.'));
      expect(stripVTControlCharacters(line)).toBe(
        `q: something went wrong (${name}). ${action} More: q explain ${name}\n`,
      );
    }
  });

  it('Q2 O2 of a record that was given up say what its last failure was, and what to do about that', async () => {
    const full = new QError('STORAGE_FULL', 'the disk is full', { cause: new Error('ENOSPC (write)') });
    const inner = new QError('DELIVERY_TIMED_OUT', 'no acknowledgement within 500 ms', { cause: full });
    const error = new QError('DELIVERY_TIMED_OUT', `${inner.message}; 3 of 4 were stored`, { cause: inner });
    const { line, exitCode } = await reportError(error);
    expect(exitCode).toBe(4);
    expect(stripVTControlCharacters(line)).toBe(
      'q: no acknowledgement within 500 ms; 3 of 4 were stored (DELIVERY_TIMED_OUT, STORAGE_FULL). Make room: lower retention, delete topics, add space. Producers may keep retrying meanwhile. More: q explain STORAGE_FULL\n',
    );
    const told = await reportError(error, { isVerbose: true });
    expect(stripVTControlCharacters(told.line).split('\n').slice(1)).toEqual([
      '   from DELIVERY_TIMED_OUT: no acknowledgement within 500 ms',
      '   from STORAGE_FULL: the disk is full',
      '   from Error: ENOSPC (write)',
      '',
    ]);
    const json = JSON.parse((await reportError(error, { isVerbose: true, json: true })).line) as { causes: string[] };
    expect(json).toMatchObject({ code: 'DELIVERY_TIMED_OUT', hint: expect.stringContaining('Make room') as string });
    expect(json.causes).toHaveLength(3);
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
      AUTHENTICATION_REQUIRED: 5,
      AUTHENTICATION_FAILED: 5,
      NOT_AUTHORIZED: 5,
    });
  });

  it('O2 of our own and of others are reported too', async () => {
    expect(await reportError(usageError('nothing to change'))).toMatchObject({ exitCode: 2 });
    const refused = new CommandError(ExitCode.failure, 'port cannot change', {
      code: 'INVALID_CONFIG',
      hint: 'Set it',
    });
    expect((await reportError(refused)).line).toMatch(/port cannot change \(INVALID_CONFIG\)\. Set it\.\n$/);
    const { line, exitCode } = await reportError(new Error('EIO: no\nluck'));
    expect([stripVTControlCharacters(line), exitCode]).toEqual(['q: EIO: no luck\n', 1]);
  });
});
