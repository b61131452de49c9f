import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import { Writable } from 'node:stream';
import { InitError } from './init-error.ts';
import { readSecret } from './new-files.ts';

/** What a password is read from. */
export interface PasswordInput {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stderr: Writable;
}

const inputBytesMax = 64 << 10;

/** The password of the administrator: from a file, from standard input, or typed twice, without being shown. */
export async function readPassword(input: PasswordInput, o: { user: string; file: string | null }): Promise<string> {
  const { user, file } = o;
  const isTyped = file === null && input.stdin.isTTY === true;
  if (isTyped) return typed(input, user);
  return checked(file === null || file === '-' ? await all(input.stdin) : await readSecret(file), user);
}

async function typed(input: PasswordInput, user: string): Promise<string> {
  const password = checked(await ask(input, `password of ${user}`), user);
  if ((await ask(input, 'once more')) !== password)
    throw new InitError('these were two passwords; nothing was changed');
  return password;
}

function checked(text: string, user: string): string {
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw new InitError(`the password of ${user} is empty; nothing was changed`);
  if (/[\r\n]/.test(password)) throw new InitError(`the password of ${user} has more than one line`);
  return password;
}

async function ask({ stdin, stderr }: PasswordInput, question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // A line editor that thinks it has a terminal switches the echo of the real one off.
  const prompt = createInterface({ input: stdin, output: nowhere, terminal: true });
  stderr.write(`${question}: `);
  try {
    return await new Promise<string>((resolve, reject) => {
      const stop = (): void => reject(new InitError('no password was given; nothing was changed'));
      prompt.once('SIGINT', stop);
      prompt.once('close', stop);
      void prompt.question('').then(resolve, stop);
    });
  } finally {
    prompt.close();
    stderr.write('\n');
  }
}

async function all(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > inputBytesMax) throw new InitError(`standard input has more than ${inputBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
