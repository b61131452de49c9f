import { createHmac, pbkdf2Sync } from 'node:crypto';
import {
  bearerGiveUp,
  formatBearer,
  formatPlain,
  parseBearer,
  parsePlain,
  SaslFault,
  ScramClient,
  scramCredential,
  ScramServer,
} from '@q/protocol';
import type { ScramMechanism } from '@q/protocol';
import { decodeUser, formatDistinguishedName, parseMapping, parseSubject } from '@q/security';
import {
  parseClientFinal,
  parseClientFirst,
  parseServerFinal,
  parseServerFirst,
} from '../../packages/protocol/src/sasl/scram-message.ts';
import { Contradiction } from './target.ts';
import type { FuzzTarget } from './target.ts';

/** Whatever strangers say to be let in has a few KiB at most, and so has what becomes of it. */
const allocatedBytesMax = 1 << 18;
const lengthBytes = 2;

/**
 * What is read before it is known who somebody is, behind the frames: the messages of each mechanism, both sides of an
 * exchange, and the names in certificates. Requests around them are among the messages of both protocols.
 */
export async function loginTargets(): Promise<FuzzTarget[]> {
  return [
    target('SCRAM first message', clientFirsts, readClientFirst),
    target('SCRAM last message', await clientFinals(), readClientFinal),
    target('SCRAM exchange', await exchanges(), serveExchange),
    target('SCRAM answers', serverMessages, readServerMessages),
    target('PLAIN message', plains, readPlain),
    target('OAUTHBEARER message', bearers, readBearer),
    target('name of a certificate', subjects, readSubject),
    target('mapping of a certificate', mappings, mapNames),
    target('user as it is stored', storedUsers, (input) => void decodeUser('alice', input.toString('utf8'))),
  ];
}

function target(name: string, corpus: readonly Buffer[], decode: FuzzTarget['decode']): FuzzTarget {
  return { name, corpus, decode, allocatedBytesMax };
}

const texts = (...all: string[]): Buffer[] => all.map((text) => Buffer.from(text));

// ── SCRAM

const mechanism: ScramMechanism = 'SCRAM-SHA-256';
const salt = Buffer.from('salt of sixteen!');
const iterations = 4_096;
const serverNonce = '-of-the-server';
const saltedPassword = pbkdf2Sync('alice-pw', salt, iterations, 32, 'sha256');
const credential = scramCredential(mechanism, { saltedPassword, salt, iterations });

const clientFirsts = texts(
  'n,,n=alice,r=fyko+d2lbbFgONRv9qkxdawL',
  'n,a=alice,n=alice,r=abc',
  'n,,n=al=2Cic=3De,r=abc,x=extension,y=another',
  'n,,n=ålice,r=1',
);

function readClientFirst(input: Buffer): void {
  const text = input.toString('utf8');
  const { gs2Header, bare, username, nonce } = parseClientFirst(text);
  if (gs2Header + bare !== text) throw new Contradiction('what is signed is not what was said');
  if (username.length > 249 || /\p{Cc}/u.test(username))
    throw new Contradiction('the name is none that a user may have');
  if (nonce.includes(',')) throw new Contradiction('the nonce has a comma');
}

/** Right exchanges, with fixed nonces: of an input that was let in each byte is known. */
async function exchangesOf(usernames: readonly string[]): Promise<(readonly [first: Buffer, last: Buffer])[]> {
  return Promise.all(
    usernames.map(async (username) => {
      const nonce = `nonce-of-${username.length}`;
      const client = new ScramClient({ mechanism, username, nonce, saltPassword: async () => saltedPassword });
      const first = client.first();
      return [first, await client.final(serverOf().begin(first))] as const;
    }),
  );
}

function serverOf(): ScramServer {
  return new ScramServer({ mechanism, nonce: serverNonce, find: () => ({ credential, isKnown: true }) });
}

async function clientFinals(): Promise<Buffer[]> {
  const all = await exchangesOf(['alice', 'al,ic=e']);
  return [...all.map(([, last]) => last), ...texts('c=biws,r=abc-of-the-server,x=y,p=YWJj')];
}

function readClientFinal(input: Buffer): void {
  const text = input.toString('utf8');
  const { withoutProof, proof } = parseClientFinal(text);
  if (`${withoutProof},p=${proof.toString('base64')}` !== text)
    throw new Contradiction('a proof was accepted that is written in another form');
}

/** An input is the length of the first message, the first, the last. */
async function exchanges(): Promise<Buffer[]> {
  return (await exchangesOf(['alice', 'al,ic=e', 'x'.repeat(200)])).map(([first, last]) => {
    const length = Buffer.alloc(lengthBytes);
    length.writeUInt16BE(first.length);
    return Buffer.concat([length, first, last]);
  });
}

/** Whoever was let in has signed exactly what both sides have heard. */
function serveExchange(input: Buffer): void {
  if (input.length < lengthBytes) throw new SaslFault('no message came');
  const lastAt = lengthBytes + input.readUInt16BE();
  const server = serverOf();
  const first = input.subarray(lengthBytes, lastAt);
  const serverFirst = server.begin(first).toString();
  const last = input.subarray(lastAt).toString('utf8');
  if (!server.end(input.subarray(lastAt)).isRight) return;
  const bare = first.toString('utf8').replace(/^n,[^,]*,/, '');
  const signed = `${bare},${serverFirst},${last.slice(0, last.lastIndexOf(',p='))}`;
  const key = createHmac('sha256', saltedPassword).update('Client Key').digest();
  const signature = createHmac('sha256', credential.storedKey).update(signed).digest();
  const proof = Buffer.from(key.map((byte, at) => byte ^ signature[at]!)).toString('base64');
  if (!last.endsWith(`,p=${proof}`)) throw new Contradiction('somebody was let in who has not signed what was said');
}

const serverMessages = texts(
  'r=abc-of-the-server,s=c2FsdA==,i=4096',
  'r=abc-of-the-server,s=c2FsdA==,i=1000000,x=y',
  'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  'e=unknown-user',
);

/** As a client reads what a stranger in the place of a broker says. */
function readServerMessages(input: Buffer): void {
  const text = input.toString('utf8');
  if (!text.startsWith('r')) return void parseServerFinal(text);
  const { iterations: asked } = parseServerFirst(text);
  if (!(asked >= 4_096 && asked <= 1_000_000)) throw new Contradiction(`a client would work for ${asked} iterations`);
}

// ── PLAIN and OAUTHBEARER

const plains = [
  formatPlain({ authorizationId: '', username: 'alice', password: 'alice-pw' }),
  formatPlain({ authorizationId: 'alice', username: 'ålice', password: 'pässword, with = and more' }),
];

function readPlain(input: Buffer): void {
  if (!formatPlain(parsePlain(input)).equals(input))
    throw new Contradiction('a message was accepted that is written in another form');
}

const bearers = [
  formatBearer('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln'),
  ...texts('n,a=alice,\u0001auth=Bearer abc\u0001logicalCluster=lkc-1\u0001identityPoolId=pool\u0001\u0001'),
  bearerGiveUp,
];

function readBearer(input: Buffer): void {
  const { token, extensions } = parseBearer(input);
  if (!/^[\w.~+/=-]+$/.test(token)) throw new Contradiction('the token has what no token may have');
  if (extensions.has('auth')) throw new Contradiction('the token is there twice');
}

// ── Names of certificates

const subjects = texts(
  'O=Acme Ltd\nOU=Ops\\, Team 1\nCN=svc-orders',
  'C=DE\nO="Quoted, with \\"quotes\\""\n1.2.840.113549.1.9.1=ops@example.com\nCN=#x ',
  'CN= a + b = c; <d>',
);

/** However odd a value is, it does not look like another attribute. */
function readSubject(input: Buffer): void {
  const attributes = parseSubject(input.toString('utf8'));
  // Types are what OpenSSL calls them: short names, or dotted numbers.
  if (!attributes.every(({ type }) => /^[\w.-]+$/.test(type))) return;
  const name = formatDistinguishedName(attributes);
  const parts = attributes.length === 0 ? [] : partsOf(name);
  if (parts.length !== attributes.length)
    throw new Contradiction(`${attributes.length} attributes became ${parts.length} in ${JSON.stringify(name)}`);
}

/** Cuts a name at the commas that have no backslash of their own. */
function partsOf(name: string): string[] {
  return name.match(/(?:[^,\\]|\\.)*(?:,|$)/gs)!.filter((part, at, all) => part !== '' || at < all.length - 1);
}

const mappings = texts(
  'RULE:^CN=(.*?),.*$/$1/\nCN=svc-orders,OU=Ops,O=Acme',
  'RULE:^.*[Cc][Nn]=([a-zA-Z0-9.-]*).*$/$1/L\nCN=Svc-Orders,O=Acme',
  'RULE:^(?:.*,)?UID=([^,]+),.*$/user-$1\\/x/U\nDEFAULT\nCN=a,UID=b,O=c',
  'DEFAULT\nCN=a',
  'RULE:^CN=([a-z]*).*$/$1/\nCN=1',
);

/** The last line is the name of a certificate, those before it are rules. */
function mapNames(input: Buffer): void {
  const lines = input.toString('utf8').split('\n');
  const name = lines.pop()!;
  const user = parseMapping(lines)(name);
  if (user === '' && name !== '') throw new Contradiction('somebody is called nothing');
  if (user !== null && lines.length === 0) throw new Contradiction('without a rule somebody has a name');
}

const storedUsers = texts(
  '{"version":1,"credentials":{"SCRAM-SHA-256":{"salt":"c2FsdA==","iterations":16384,"storedKey":"YWJj","serverKey":"ZGVm"}}}',
  '{"version":1,"credentials":{}}',
);
