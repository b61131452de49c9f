import type { PrincipalMapping } from '@q/security';
import type { DoorProtocol } from './door.ts';
import type { Mechanism } from './services/identity/authentication.ts';
import type { TlsOptions } from './tls/tls-options.ts';
import type { HostAndPort, ListenerAuthentication } from './listener-authentication.ts';

/** One port of the broker. */
export interface ListenerOptions {
  /** In the log, in errors and in statistics; no two have the same. */
  readonly name: string;
  readonly protocol: 'native' | 'admin' | DoorProtocol;
  /** Default: the broker's host. */
  readonly host?: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Encrypts. Default: plain. */
  readonly tls?: TlsOptions;
  /**
   * 'none': whoever reaches it is `User:ANONYMOUS`. Default: the mechanisms of `security`, and certificates by their
   * whole name where `tls` asks for them; without `security` 'none'.
   */
  readonly authentication?: 'none' | ListenerAuthentication;
  /** Where clients of this listener are told to connect. Default: the address that they dialled. */
  readonly advertised?: HostAndPort;
}

/** The same, checked and complete. Null: whoever reaches it is anonymous. */
export type ResolvedAuthentication = {
  readonly mechanisms: readonly Mechanism[];
  /** Null: certificates let nobody in. */
  readonly mapping: PrincipalMapping | null;
} | null;

export interface ResolvedListener {
  readonly name: string;
  readonly protocol: 'native' | 'admin' | DoorProtocol;
  readonly host: string;
  readonly port: number;
  readonly tls: TlsOptions | null;
  readonly authentication: ResolvedAuthentication;
  readonly advertised: HostAndPort | null;
  /** What sets it, as errors name it: `port`, `doors.kafka`, `listeners.outside`. */
  readonly setting: string;
  readonly isOptional: boolean;
  readonly portSetting: string | undefined;
}

/** `native`, `admin`, or the name of a door. */
export function protocolName({ protocol }: Pick<ResolvedListener, 'protocol'>): string {
  return typeof protocol === 'string' ? protocol : protocol.name;
}

/** Where a listener is, once it is open. */
export interface ListenerAddress {
  readonly name: string;
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  readonly isEncrypted: boolean;
  /** Empty: nobody is asked who they are. */
  readonly logins: readonly LoginWay[];
}

/** How whoever comes in may show who they are. */
export type LoginWay = 'password' | 'token' | 'certificate';

/** What a listener takes. */
export function loginsOf({ authentication }: Pick<ResolvedListener, 'authentication'>): LoginWay[] {
  if (authentication === null) return [];
  const { mechanisms, mapping } = authentication;
  return [
    ...(mechanisms.some((mechanism) => mechanism !== 'OAUTHBEARER') ? (['password'] as const) : []),
    ...(mechanisms.includes('OAUTHBEARER') ? (['token'] as const) : []),
    ...(mapping === null ? [] : (['certificate'] as const)),
  ];
}
