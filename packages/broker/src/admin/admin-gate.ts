/**
 * Who may have what the admin server answers by itself. The probes are everybody's; the numbers are for whoever may
 * describe the cluster (SEC-7, SEC-12).
 */
import type { ErrorName, QError } from '@q/protocol';
import { cluster } from '@q/security';
import type { Access } from '../services/access/access.ts';
import { toWireError } from '../errors/wire-error.ts';
import type { AdminLogin, AdminRequest } from './admin-login.ts';
import type { AdminAnswer } from './answer-admin.ts';
import { notYet } from './answer-admin.ts';
import { isAllowedHost } from './allowed-host.ts';

/** What is asked, once it is known. */
export interface GateKeeper {
  readonly login: AdminLogin;
  readonly access: Pick<Access, 'refusal'>;
}

export class AdminGate {
  readonly #isSecured: boolean;
  readonly #hosts: readonly string[];
  #keeper: GateKeeper | null = null;

  /** `isSecured`: without a keeper nobody passes. `hosts`: names of the broker. */
  constructor({ isSecured, hosts }: { readonly isSecured: boolean; readonly hosts: readonly string[] }) {
    this.#isSecured = isSecured;
    this.#hosts = hosts;
  }

  /** Whether strangers are told less. */
  get isSecured(): boolean {
    return this.#isSecured;
  }

  serve(keeper: GateKeeper): void {
    this.#keeper = keeper;
  }

  /** Null: whoever asks may have the numbers. */
  refusal(host: string | undefined, request: () => AdminRequest): AdminAnswer | Promise<AdminAnswer | null> | null {
    if (!isAllowedHost(host, this.#hosts)) return strangeHost;
    if (!this.#isSecured) return null;
    return this.#keeper === null ? notYet : this.#ask(this.#keeper, request());
  }

  async #ask({ login, access }: GateKeeper, request: AdminRequest): Promise<AdminAnswer | null> {
    try {
      const { principal } = await login.identify(request);
      const { address, userAgent: clientId } = request;
      const refusal = access.refusal({ principal, address, clientId, door: 'admin' }, 'describe', cluster);
      return refusal === null ? null : refusedBy(refusal, '');
    } catch (error) {
      return refusedBy(toWireError(error), login.challenges(request));
    }
  }
}

const statusOf: Partial<Record<ErrorName, number>> = {
  AUTHENTICATION_REQUIRED: 401,
  AUTHENTICATION_FAILED: 401,
  NOT_AUTHORIZED: 403,
  BROKER_BUSY: 503,
};

function refusedBy({ code, message, details }: QError, challenges: string): AdminAnswer {
  const status = statusOf[code] ?? 500;
  return {
    status,
    body: { type: `/api/v1/errors/${code}`, title: code, status, code, detail: message, details },
    headers: {
      'content-type': 'application/problem+json',
      ...(status === 401 && challenges !== '' && { 'www-authenticate': challenges }),
    },
  };
}

const strangeHost: AdminAnswer = {
  status: 403,
  body: {
    type: 'about:blank',
    title: 'Not a name of this broker',
    status: 403,
    code: 'FORBIDDEN_HOST',
    detail: 'the Host header is not an address or a name by which this broker may be called',
  },
  headers: { 'content-type': 'application/problem+json' },
};
