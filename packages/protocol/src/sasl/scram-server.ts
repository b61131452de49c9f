/**
 * A server's side of a SCRAM exchange. An unknown user is led through the same steps as a known one, and refused at
 * the end: who is known here is nobody's business.
 */
import { SaslFault } from './sasl-fault.ts';
import { proofIsRight, serverSignature } from './scram-keys.ts';
import type { ScramCredential } from './scram-keys.ts';
import type { ScramMechanism } from './scram-mechanism.ts';
import { formatServerFinal, formatServerFirst, parseClientFinal, parseClientFirst } from './scram-message.ts';
import type { ClientFirst } from './scram-message.ts';

/** What a server knows of one user. */
export interface ScramFound {
  /** Of an unknown user: made up, and the same each time that somebody asks. */
  readonly credential: ScramCredential;
  readonly isKnown: boolean;
}

/** What a server needs for an exchange. */
export interface ScramServerOptions {
  readonly mechanism: ScramMechanism;
  /** What is added to the client's nonce: fresh for every exchange, printable ASCII without a comma. */
  readonly nonce: string;
  /** The credential of a user, or that there is none. */
  readonly find: (username: string) => ScramFound;
}

/** How it ended. */
export type ScramOutcome =
  | { readonly isRight: true; readonly username: string; readonly message: Buffer }
  | { readonly isRight: false; readonly username: string };

interface Begun {
  readonly client: ClientFirst;
  readonly found: ScramFound;
  readonly nonce: string;
  readonly serverFirst: string;
}

/** One exchange. Its two steps are called in order, each once. */
export class ScramServer {
  readonly #options: ScramServerOptions;
  #begun: Begun | null = null;

  constructor(options: ScramServerOptions) {
    this.#options = options;
  }

  /** Answers the client's first message. @throws SaslFault */
  begin(message: Buffer): Buffer {
    if (this.#begun !== null) throw new SaslFault('the first message came twice');
    const client = parseClientFirst(message.toString('utf8'));
    if (client.authorizationId !== '' && client.authorizationId !== client.username)
      throw new SaslFault('the client wants to act as somebody else');
    const found = this.#options.find(client.username);
    const nonce = client.nonce + this.#options.nonce;
    const { salt, iterations } = found.credential;
    const serverFirst = formatServerFirst({ nonce, salt, iterations });
    this.#begun = { client, found, nonce, serverFirst };
    return Buffer.from(serverFirst);
  }

  /** Who the client says it is; empty before its first message. */
  get username(): string {
    return this.#begun?.client.username ?? '';
  }

  /** Checks the client's last message. @throws SaslFault */
  end(message: Buffer): ScramOutcome {
    const begun = this.#begun;
    if (begun === null) throw new SaslFault('the last message came before the first');
    const { client, found, nonce, serverFirst } = begun;
    const final = parseClientFinal(message.toString('utf8'));
    if (final.nonce !== nonce) throw new SaslFault('the nonce is not that of this exchange');
    if (final.gs2Header !== client.gs2Header) throw new SaslFault('the header is not that of the first message');
    const { mechanism } = this.#options;
    const transcript = {
      clientFirstBare: client.bare,
      serverFirst,
      clientFinalWithoutProof: final.withoutProof,
    };
    const { username } = client;
    const isProven = proofIsRight(mechanism, found.credential, { proof: final.proof, transcript });
    if (!isProven || !found.isKnown) return { isRight: false, username };
    const signature = serverSignature(mechanism, found.credential, transcript);
    return { isRight: true, username, message: Buffer.from(formatServerFinal(signature)) };
  }
}
