import { describe, expect, it } from 'vitest';
import { networkOf } from '../../src/acl/network.ts';

describe('A1 SEC-9 SEC-13 the network of an address', () => {
  it.each([
    ['10.0.0.7', '10.0.0.7'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['2001:db8:0:7:1:2:3:4', '2001:db8:0:7::/64'],
    ['2001:DB8:0:7::', '2001:db8:0:7::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
    ['no:address', 'no:address'],
  ])('A1 of %j is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
