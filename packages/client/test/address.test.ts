import { describe, expect, it } from 'vitest';

import { formatAddress, parseAddress } from '../src/address.ts';

describe('parseAddress', () => {
  it.each([
    ['q://localhost:7421', { host: 'localhost', port: 7421 }],
    ['q://localhost', { host: 'localhost', port: 7420 }],
    ['10.0.0.1:9', { host: '10.0.0.1', port: 9 }],
    ['broker.internal/', { host: 'broker.internal', port: 7420 }],
    ['q://[::1]:7422', { host: '::1', port: 7422 }],
    ['[fe80::1%eth0]', { host: 'fe80::1%eth0', port: 7420 }],
  ])('reads %s', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
    expect(parseAddress(formatAddress(address))).toEqual(address);
  });

  it.each([
    '',
    'http://localhost:7420',
    'localhost:',
    'localhost:0',
    'localhost:65536',
    'a b',
    'host:12x',
    'q://',
    'q://h/path',
    '::1',
    'user@host',
    '\0',
    'a\0b:1',
    'q://\u007f',
  ])('refuses "%s"', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
  });

  it.each([
    'q://ann:hunter2@localhost:7420',
    'ann:hunter2@host',
    'amqps://ann:hun@ter2@host/x',
    'q://host?password=hunter2',
    'ann:hunter2@host?x',
    'q://host#hunter2',
  ])('refuses "%s" without showing what may be a password', (text) => {
    const refusal = ((): { message: string; details: object } => {
      try {
        return { message: parseAddress(text).host, details: {} };
      } catch (error) {
        return error as { message: string; details: object };
      }
    })();
    expect(refusal.message).toContain('is not a broker address');
    expect(refusal.message).toContain('host');
    expect(JSON.stringify([refusal.message, refusal.details])).not.toMatch(/hunter2|hun|ter2/);
  });

  it.each([undefined, null, 5, {}])('refuses %o, which is no text', (given) => {
    expect(() => parseAddress(given as never)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
  });
});
