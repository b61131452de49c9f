import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bearerGiveUp, bearerRefusal, formatBearer, parseBearer } from '../../src/sasl/bearer-message.ts';
import { formatPlain, parsePlain } from '../../src/sasl/plain-message.ts';
import { SaslFault } from '../../src/sasl/sasl-fault.ts';
import { recorded } from './recorded.ts';

describe('A1 PLAIN', () => {
  const flows = recorded.filter(({ flow }) => /^sasl-.*-plain$/.test(flow));
  it.each(flows)('A1 $flow is read, and written to the same bytes', ({ steps }) => {
    const said = parsePlain(steps[0]!.sent);
    expect(said).toEqual({ authorizationId: '', username: 'alice', password: 'alice-pw' });
    expect(formatPlain(said).equals(steps[0]!.sent)).toBe(true);
  });

  it('A1 has recordings of six clients', () => expect(flows).toHaveLength(6));

  it.each([
    ['no NUL', 'alice'],
    ['two parts', 'alice\0pw'],
    ['four parts', '\0alice\0pw\0'],
    ['no user', '\0\0pw'],
    ['no password', '\0alice\0'],
    ['too much', `\0alice\0${'p'.repeat(5000)}`],
  ])('A1 %s is refused, without the password in the message', (_what, text) => {
    expect(() => parsePlain(Buffer.from(text))).toThrow(SaslFault);
    expect(() => parsePlain(Buffer.from(text))).not.toThrow(/pw|ppp/);
  });

  it('A1 bytes that are no UTF-8 are refused', () => {
    expect(() => parsePlain(Buffer.from([0, 0x61, 0, 0xff]))).toThrow(/UTF-8/);
  });

  it('A1 a NUL in a part cannot be written', () => {
    expect(() => formatPlain({ authorizationId: '', username: 'a\0b', password: 'p' })).toThrow(SaslFault);
  });
});

describe('A1 OAUTHBEARER', () => {
  const flows = recorded.filter(({ flow }) => /^sasl-.*-oauthbearer$/.test(flow));
  it.each(flows)('A1 $flow is read, and written to the same bytes', ({ steps }) => {
    const { token, authorizationId, extensions } = parseBearer(steps[0]!.sent);
    expect({ authorizationId, extensions: extensions.size }).toEqual({ authorizationId: '', extensions: 0 });
    expect(token.split('.')).toHaveLength(3);
    expect(formatBearer(token).equals(steps[0]!.sent)).toBe(true);
  });

  it('A1 has recordings of six clients', () => expect(flows).toHaveLength(6));

  it('A1 refuses as Kafka does', () => {
    const { steps } = recorded.find(({ flow }) => flow === 'refused-oauthbearer-librdkafka')!;
    expect(steps[0]!.answered.equals(bearerRefusal)).toBe(true);
    expect(steps[1]!.sent.equals(bearerGiveUp)).toBe(true);
  });

  it('A1 knows extensions and an identity to act as', () => {
    const said = parseBearer(Buffer.from('n,a=alice,\u0001logicalCluster=lkc-1\u0001auth=bearer t.o.k\u0001\u0001'));
    expect(said).toEqual({
      authorizationId: 'alice',
      token: 't.o.k',
      extensions: new Map([['logicalCluster', 'lkc-1']]),
    });
  });

  it.each([
    ['no header', 'auth=Bearer t\u0001\u0001'],
    ['channel binding', 'y,,\u0001auth=Bearer t\u0001\u0001'],
    ['one end', 'n,,\u0001auth=Bearer t\u0001'],
    ['no token', 'n,,\u0001auth=Bearer \u0001\u0001'],
    ['another scheme', 'n,,\u0001auth=Basic t\u0001\u0001'],
    ['two tokens', 'n,,\u0001auth=Bearer t\u0001auth=Bearer u\u0001\u0001'],
    ['a pair without =', 'n,,\u0001auth\u0001\u0001'],
    ['too many pairs', `n,,\u0001auth=Bearer t\u0001${'a=b\u0001'.repeat(40)}\u0001`],
    ['too much', `n,,\u0001auth=Bearer ${'t'.repeat(40_000)}\u0001\u0001`],
  ])('A1 %s is refused', (_what, text) => {
    expect(() => parseBearer(Buffer.from(text))).toThrow(SaslFault);
  });
});

describe('A1 SEC-1 garbage', () => {
  it('A1 whatever comes, a parser gives a value or a SaslFault', () => {
    const piece = fc.constantFrom('n,', ',', '\u0001', 'auth=', 'Bearer ', 'a=', '\0', 'x');
    const text = fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 10 }).map((list) => list.join(''));
    fc.assert(
      fc.property(text, (given) => {
        for (const parse of [parsePlain, parseBearer]) {
          try {
            parse(Buffer.from(given));
          } catch (error) {
            expect(error).toBeInstanceOf(SaslFault);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
