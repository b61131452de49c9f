import { QError } from '@q/protocol';
import { describe, expect, it } from 'vitest';

import { abortError, onAbort, untilAborted } from '../src/abort.ts';
import { OwnSignal } from '../src/own-signal.ts';

describe('OwnSignal', () => {
  it('calls each listener once, in order, and none that was taken away, not even by another listener', () => {
    const signal = new OwnSignal();
    const called: string[] = [];
    signal.listen(() => {
      called.push('first');
      forgetThird();
    });
    const forgetSecond = signal.listen(() => called.push('second'));
    const forgetThird = signal.listen(() => called.push('third'));
    signal.listen(() => called.push(signal.aborted ? 'last' : 'too early'));
    forgetSecond();
    expect(signal.aborted).toBe(false);
    signal.abort();
    signal.abort();
    forgetThird();
    expect(called).toEqual(['first', 'last']);
  });

  it('is heard like a signal of the application', async () => {
    const reason = new QError('CONNECTION_LOST', 'closed');
    const signal = new OwnSignal();
    const waiting = untilAborted(new Promise(() => {}), signal);
    signal.abort(reason);
    signal.abort(new Error('too late'));
    await expect(waiting).rejects.toBe(reason);
    expect(abortError(signal)).toBe(reason);
    let calls = 0;
    onAbort(signal, () => (calls += 1))();
    expect(calls).toBe(1);
  });

  it('says that it was aborted when it was not told why', () => {
    const signal = new OwnSignal();
    signal.abort();
    expect(abortError(signal)).toMatchObject({ code: 'ABORTED', cause: signal.reason });
  });
});
