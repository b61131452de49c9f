import { bearerGiveUp, formatBearer, formatPlain, QError, SaslFault, ScramClient } from '@q/protocol';
import type { AuthenticateRequest, AuthenticateResponse, ScramMechanism } from '@q/protocol';

import type { Random } from '../random.ts';
import { shownThrown } from '../shown.ts';
import type { LoginOptions, PasswordLogin, TokenLogin } from './login-options.ts';
import type { nodeSaltPassword } from './node-salt-password.ts';

/** Sends one message of an exchange, and gives the answer. */
export type Ask = (request: AuthenticateRequest) => Promise<AuthenticateResponse>;

/** Where an exchange goes. */
export interface LoginPlace {
  readonly ask: Ask;
  /** What the broker takes, by its HELLO. */
  readonly mechanisms: readonly string[];
  /** Nobody on the way can read along. */
  readonly isEncrypted: boolean;
}

export interface LoginTools {
  readonly random: Random;
  readonly saltPassword: typeof nodeSaltPassword;
}

interface Salted {
  readonly key: string;
  readonly password: Promise<Buffer>;
}

const scramByStrength: readonly ScramMechanism[] = ['SCRAM-SHA-512', 'SCRAM-SHA-256'];
const nonceBytes = 18;

/** How all connections of a client show who they are. */
export class Login {
  readonly #options: LoginOptions;
  readonly #tools: LoginTools;
  /** The last one: a client that connects again has to wait for it once. */
  #salted: Salted | null = null;

  constructor(options: LoginOptions, tools: LoginTools) {
    this.#options = options;
    this.#tools = tools;
  }

  /**
   * Goes through an exchange. Returns for how long it holds, in ms; 0: as long as the connection.
   *
   * @throws QError `UNSUPPORTED_MECHANISM`, `AUTHENTICATION_FAILED`, or what the connection came to
   */
  async run(place: LoginPlace): Promise<number> {
    try {
      const options = this.#options;
      if (options.mechanism === 'OAUTHBEARER') return await this.#bearer(options, place);
      if (options.mechanism === 'PLAIN') return await this.#plain(options, place);
      return await this.#scram(options, place);
    } catch (error) {
      if (!(error instanceof SaslFault)) throw error;
      throw new QError('AUTHENTICATION_FAILED', `The broker cannot be trusted: ${error.message}`, { cause: error });
    }
  }

  async #scram({ mechanism: asked, username, password }: PasswordLogin, place: LoginPlace): Promise<number> {
    const mechanism = choose(asked === undefined ? scramByStrength : [asked as ScramMechanism], place);
    const { random, saltPassword } = this.#tools;
    const exchange = new ScramClient({
      mechanism,
      username,
      nonce: random.bytes(nonceBytes).toString('base64url'),
      saltPassword: (salt, iterations) => {
        const key = `${mechanism} ${iterations} ${salt.toString('base64')}`;
        if (this.#salted?.key !== key)
          this.#salted = { key, password: saltPassword(mechanism, { password, salt, iterations }) };
        return this.#salted.password;
      },
    });
    const first = await place.ask({ mechanism, message: exchange.first() });
    if (first.isDone) throw new SaslFault('it has not shown that it knows the password');
    const last = await place.ask({ mechanism, message: await exchange.final(first.message) });
    exchange.check(last.message);
    return ended(last);
  }

  async #plain({ username, password }: PasswordLogin, place: LoginPlace): Promise<number> {
    const mechanism = 'PLAIN';
    if (!place.isEncrypted)
      throw new QError('UNSUPPORTED_MECHANISM', 'PLAIN tells the password, and this connection is not encrypted');
    choose([mechanism], place);
    return ended(await place.ask({ mechanism, message: formatPlain({ authorizationId: '', username, password }) }));
  }

  async #bearer({ token }: TokenLogin, place: LoginPlace): Promise<number> {
    const mechanism = 'OAUTHBEARER';
    choose([mechanism], place);
    const answer = await place.ask({ mechanism, message: formatBearer(await tokenOf(token)) });
    // It has said no, and waits for us to have heard it; then it says so as an error.
    return ended(answer.isDone ? answer : await place.ask({ mechanism, message: bearerGiveUp }));
  }
}

function ended({ isDone, lifetimeMs }: AuthenticateResponse): number {
  if (!isDone) throw new SaslFault('it wants more messages than the mechanism has');
  return lifetimeMs;
}

/** The first that the broker takes, too. */
function choose<M extends string>(wanted: readonly M[], { mechanisms }: LoginPlace): M {
  const found = wanted.find((mechanism) => mechanisms.includes(mechanism));
  if (found !== undefined) return found;
  const message = `The broker takes ${mechanisms.join(', ')}; this client was told to use ${wanted.join(' or ')}`;
  throw new QError('UNSUPPORTED_MECHANISM', message, { details: { mechanisms: mechanisms.join(',') } });
}

async function tokenOf(token: TokenLogin['token']): Promise<string> {
  try {
    return await token();
  } catch (cause) {
    const message = `connect.login.token gave no token: ${shownThrown(cause)}`;
    throw new QError('AUTHENTICATION_FAILED', message, { cause });
  }
}
