import { describe, expect, it } from 'vitest';
import { canonicalAddress } from '../../src/acl/address.ts';

describe('A3, SEC-11: addresses that rules are about', () => {
  it.each([
    ['10.0.0.7', '10.0.0.7'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['::FFFF:a00:7', '10.0.0.7'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8::0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('A3, SEC-11: %s is %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each([
    '',
    'example.org',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.07',
    '10.0.0.7.',
    ':',
    '::1]@[::2',
    'a:b:c',
    '1:2:3:4:5:6:7:8:9',
  ])('A3, SEC-11: %j is none', (text) => {
    expect(canonicalAddress(text)).toBeNull();
  });
});
