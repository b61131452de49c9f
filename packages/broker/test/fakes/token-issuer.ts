import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JWK } from 'jose';
import { onTestFinished } from 'vitest';

export const audience = 'q-broker';

interface KeyPair {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** Who makes tokens: a real one, with keys of its own and an address on this machine. */
export class TokenIssuer {
  readonly issuer: string;
  readonly url: string;
  /** Requests for keys. */
  requests = 0;
  /** How it answers them: null, as it should. */
  answer: ((response: ServerResponse) => void) | null = null;
  pairs: KeyPair[] = [];

  private constructor(port: number) {
    this.issuer = `http://127.0.0.1:${port}`;
    this.url = `${this.issuer}/keys`;
  }

  static async start(): Promise<TokenIssuer> {
    const server = createServer((request, response) => issuer.#serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = new TokenIssuer((server.address() as { port: number }).port);
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await issuer.rotate('first');
    return issuer;
  }

  /** One more key, with which it signs from now on. */
  async rotate(kid: string, algorithm: 'ES256' | 'RS256' = 'ES256'): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
    this.pairs.push({ kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' } });
  }

  get keySet(): string {
    return JSON.stringify({ keys: this.pairs.map(({ jwk }) => jwk) });
  }

  /** A good one, but for what is given. */
  async token(
    claims: Readonly<Record<string, unknown>> = {},
    header: object = {},
    nowMs: number = Date.now(),
  ): Promise<string> {
    const { kid, jwk, privateKey } = this.pairs.at(-1)!;
    const now = Math.floor(nowMs / 1_000);
    const good = { iss: this.issuer, aud: audience, sub: 'alice', iat: now, exp: now + 300 };
    return new SignJWT({ ...good, ...claims }).setProtectedHeader({ alg: jwk.alg!, kid, ...header }).sign(privateKey);
  }

  #serve({ url }: IncomingMessage, response: ServerResponse): void {
    this.requests += 1;
    if (this.answer !== null) this.answer(response);
    else if (url === '/.well-known/openid-configuration')
      response.end(JSON.stringify({ issuer: this.issuer, jwks_uri: this.url }));
    else response.end(this.keySet);
  }
}
