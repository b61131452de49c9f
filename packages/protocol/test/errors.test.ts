import { describe, expect, it } from 'vitest';
import { QError } from '../src/index.ts';

describe('QError', () => {
  it('W2 knows from its code whether to retry, fix or give up', () => {
    expect(new QError('BROKER_BUSY', 'x')).toMatchObject({ kind: 'retry', retriable: true, fatal: false });
    expect(new QError('TOPIC_EXISTS', 'x')).toMatchObject({ kind: 'fix', retriable: false, fatal: false });
    expect(new QError('STALE_PRODUCER_EPOCH', 'x')).toMatchObject({ kind: 'fatal', retriable: false, fatal: true });
  });

  it('carries message, details and cause', () => {
    const cause = new Error('below');
    const error = new QError('STORAGE_FULL', 'no room', { cause, details: { bytes: 5 } });
    expect(error).toMatchObject({
      name: 'QError',
      code: 'STORAGE_FULL',
      message: 'no room',
      details: { bytes: 5 },
      cause,
    });
    expect(error).toBeInstanceOf(Error);
  });

  it('has no cause and empty details unless they are given', () => {
    const error = new QError('CLOSED', 'x');
    expect(Object.hasOwn(error, 'cause')).toBe(false);
    expect(error.details).toEqual({});
  });

  it('knows errors of another copy of the package by their brand', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('@q/protocol/QError')]: true });
    expect(QError.is(foreign)).toBe(true);
    expect(QError.is(new QError('CLOSED', 'x'))).toBe(true);
  });

  it.each([null, undefined, 'CLOSED', 5, {}, new Error('x')])('does not take %s for a QError', (value) => {
    expect(QError.is(value)).toBe(false);
  });

  it('does not throw for a proxy that was revoked, or that throws', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(QError.is(proxy)).toBe(false);
    const get = (): never => {
      throw new Error('of a trap');
    };
    expect(QError.is(new Proxy({}, { get }))).toBe(false);
  });
});
