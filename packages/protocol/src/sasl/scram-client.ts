/**
 * A client's side of a SCRAM exchange. It trusts the server no more than the server trusts it: a server that cannot
 * sign does not know the password either, and whoever talks to it talks to a stranger.
 */
import { crypto } from './node-crypto.ts';
import { SaslFault } from './sasl-fault.ts';
import { clientProof, scramCredential, serverSignature } from './scram-keys.ts';
import type { ScramTranscript } from './scram-keys.ts';
import type { ScramMechanism } from './scram-mechanism.ts';
import {
  formatClientFinalWithoutProof,
  formatClientFirst,
  parseServerFinal,
  parseServerFirst,
} from './scram-message.ts';
import type { ServerFirst } from './scram-message.ts';

/** How a client introduces itself. */
export interface ScramClientOptions {
  readonly mechanism: ScramMechanism;
  readonly username: string;
  /** Fresh for every exchange, and not to be guessed: 1 to 256 printable ASCII characters without a comma. */
  readonly nonce: string;
  /**
   * PBKDF2 of the password with the hash of the mechanism, of as many bytes as that has. Outside, as it takes
   * milliseconds to seconds, which a program spends off its event loop.
   */
  readonly saltPassword: (salt: Buffer, iterations: number) => Promise<Buffer>;
}

/** One exchange. Its three steps are called in order, each once. */
export class ScramClient {
  readonly #options: ScramClientOptions;
  readonly #clientFirst: string;
  #expected: Buffer | null = null;

  constructor(options: ScramClientOptions) {
    this.#options = options;
    this.#clientFirst = formatClientFirst(options);
  }

  /** The first message. */
  first(): Buffer {
    return Buffer.from(this.#clientFirst);
  }

  /** The last message, in answer to the first one of the server. Rejects with a SaslFault. */
  async final(serverFirst: Buffer): Promise<Buffer> {
    const { mechanism } = this.#options;
    const text = serverFirst.toString('utf8');
    const server = parseServerFirst(text);
    const saltedPassword = await this.#salt(server);
    const withoutProof = formatClientFinalWithoutProof(server);
    const transcript: ScramTranscript = {
      clientFirstBare: this.#clientFirst.slice('n,,'.length),
      serverFirst: text,
      clientFinalWithoutProof: withoutProof,
    };
    const credential = scramCredential(mechanism, { saltedPassword, ...server });
    this.#expected = serverSignature(mechanism, credential, transcript);
    const proof = clientProof(mechanism, saltedPassword, transcript);
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`);
  }

  #salt({ nonce, salt, iterations }: ServerFirst): Promise<Buffer> {
    const { nonce: own, saltPassword } = this.#options;
    if (!nonce.startsWith(own) || nonce.length === own.length)
      throw new SaslFault('the server has not added to the nonce of the client');
    return saltPassword(salt, iterations);
  }

  /** @throws SaslFault when the server refuses, or is not the one that knows the password */
  check(serverFinal: Buffer): void {
    const { signature, error } = parseServerFinal(serverFinal.toString('utf8'));
    if (error !== null) throw new SaslFault(`the server refuses: ${error.slice(0, 100)}`);
    const expected = this.#expected;
    if (expected === null || signature.length !== expected.length || !crypto().timingSafeEqual(signature, expected))
      throw new SaslFault('the server does not know the password: it is not the one that it says it is');
  }
}
