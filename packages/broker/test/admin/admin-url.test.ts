import { expect, it } from 'vitest';
import { adminUrlFor } from '../../src/admin/admin-url.ts';

it.each([
  // listens on      advertised     dialled              told
  ['127.0.0.1', null, '127.0.0.1', 'http://127.0.0.1:7421'],
  ['127.0.0.1', null, '::ffff:127.0.0.1', 'http://127.0.0.1:7421'],
  ['localhost', null, '::1', 'http://localhost:7421'],
  ['127.0.0.1', null, '10.0.0.7', null],
  ['127.0.0.1', 'broker.example', '10.0.0.7', null],
  ['0.0.0.0', null, '10.0.0.7', 'http://10.0.0.7:7421'],
  ['::', null, '::ffff:10.0.0.7', 'http://10.0.0.7:7421'],
  ['::', null, 'fd00::7', 'http://[fd00::7]:7421'],
  ['0.0.0.0', 'broker.example', '172.17.0.2', 'http://broker.example:7421'],
  ['10.0.0.9', 'broker.example', '10.0.0.7', 'http://10.0.0.9:7421'],
] as const)(
  'T2 an admin interface on %s, advertised %s, is told to whoever dialled %s as %s',
  (host, name, dialled, url) => {
    expect(adminUrlFor({ host, port: 7421 }, name)(dialled)).toBe(url);
  },
);

it('T2 no admin interface is told as none', () => {
  expect(adminUrlFor(null, 'broker.example')('127.0.0.1')).toBeNull();
});
