import { describe, expect, it } from 'vitest';
import { formatDistinguishedName, parseSubject } from '../../src/identity/distinguished-name.ts';
import { parseAlternativeNames } from '../../src/identity/alternative-names.ts';
import { parseMapping, splitMapping } from '../../src/identity/principal-mapping.ts';

describe('A2 SEC-8 the name of a certificate', () => {
  it('A2 stands as RFC 2253 writes it, the last attribute first', () => {
    const subject = 'C=NZ\nO=Acme Ltd\nOU=Ops\\, Team 1\nCN=svc-orders';
    expect(formatDistinguishedName(parseSubject(subject))).toBe(
      String.raw`CN=svc-orders,OU=Ops\, Team 1,O=Acme Ltd,C=NZ`,
    );
  });

  it.each([
    ['a+b', String.raw`a\+b`],
    ['a=b', String.raw`a\=b`],
    [String.raw`a\b`, String.raw`a\\b`],
    ['#a', String.raw`\#a`],
    [' a ', String.raw`\ a\ `],
    ['a"b<c>;', String.raw`a\"b\<c\>\;`],
  ])('A2 %j is written %s', (value, written) => {
    expect(formatDistinguishedName([{ type: 'CN', value }])).toBe(`CN=${written}`);
  });

  it('A2 what looks like structure in a value stays a value', () => {
    const attributes = parseSubject('CN=admin\\, O=Evil\nO=Acme');
    expect(attributes).toEqual([
      { type: 'CN', value: 'admin, O=Evil' },
      { type: 'O', value: 'Acme' },
    ]);
    expect(formatDistinguishedName(attributes)).toBe(String.raw`O=Acme,CN=admin\, O\=Evil`);
  });
});

describe('A2 mapping rules in the notation of Kafka', () => {
  const name = 'CN=Svc-Orders,OU=Ops,O=Acme';

  it.each<[readonly string[], string | null]>([
    [['DEFAULT'], name],
    [[], null],
    // Nobody is called nothing.
    [['RULE:^CN=(z*).*$/$1/', 'RULE:^.*$//'], null],
    [['RULE:^CN=(.*?),.*$/$1/'], 'Svc-Orders'],
    [['RULE:^CN=(.*?),.*$/$1/L'], 'svc-orders'],
    [['RULE:^CN=(.*?),.*$/$1/U'], 'SVC-ORDERS'],
    [['RULE:^CN=(.*?),OU=(.*?),.*$/$2-$1/L'], 'ops-svc-orders'],
    [['RULE:^CN=other$/x/', 'DEFAULT'], name],
    [['RULE:^CN=other$/x/'], null],
    // A pattern that fits a part alone does not fit.
    [['RULE:CN=Svc/x/'], null],
    [[String.raw`RULE:.*O=Ac\/?me/a\/b/`], 'a/b'],
    [['RULE:^.*[Cc][Nn]=([a-zA-Z0-9.-]*).*$/$1/L', 'DEFAULT'], 'svc-orders'],
  ])('A2 %j gives %j', (rules, user) => expect(parseMapping(rules)(name)).toBe(user));

  it.each(['', 'default', 'RULE:a/b', 'RULE:(/x/', 'RULE:(a)\\1/x/', 'RULE:a/b/X', `RULE:${'a'.repeat(2000)}/b/`])(
    'A2 SEC-4 the rule %j is refused with its reason',
    (rule) => {
      expect(() => parseMapping([rule])).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
    },
  );

  it('A2 SEC-4 a pattern that would take others for ever is done at once', () => {
    const map = parseMapping(['RULE:^(a+)+$/x/']);
    expect(map(`${'a'.repeat(5_000)}!`)).toBeNull();
  });
});

describe('A1, SEC-8: alternative names', () => {
  const names = 'DNS:orders.example, URI:spiffe://acme/orders, email:ops@acme.example, IP Address:127.0.0.1';

  it.each<[string, string, string | null]>([
    [String.raw`URI:spiffe:\/\/acme\/(.*)/$1/`, names, 'orders'],
    ['DNS:(.*)[.]example/$1/U', names, 'ORDERS'],
    ['EMAIL:(.*)@acme[.]example/$1/', names, 'ops'],
    ['DNS:admin/admin/', names, null],
    // What looks like structure in a value stays a value.
    ['DNS:admin/admin/', 'DNS:"a.example, DNS:admin"', null],
    ['DNS:admin/admin/', 'URI:"x", DNS:admin', 'admin'],
    // Where something cannot be read, nothing is believed.
    ['DNS:admin/admin/', 'DNS:"a, DNS:admin', null],
  ])('A1, SEC-8: the rule %s makes of %s the user %j', (rule, text, user) => {
    expect(parseMapping([rule])('', parseAlternativeNames(text))).toBe(user);
  });

  it('A1: rules stand in one text, as Kafka has them', () => {
    expect(splitMapping('RULE:^CN=(.*?),.*$/$1/L, URI:a,b/c/,DEFAULT')).toEqual([
      'RULE:^CN=(.*?),.*$/$1/L',
      'URI:a,b/c/',
      'DEFAULT',
    ]);
    for (const text of ['', 'RULE:a', 'DEFAULT DEFAULT', 'default']) expect(splitMapping(text)).toBeNull();
  });
});
