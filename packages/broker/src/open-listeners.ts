/**
 * Opens the ports that the broker's own transport serves, each with its protocol: those that must have their port
 * first, then the native ones, then what may do without.
 */
import type { LentMemory } from '@q/protocol';
import type { DoorProtocol } from './door.ts';
import { nativeName, requestMeter } from './metrics/request-meter.ts';
import type { BrokerCounters } from './metrics/counters.ts';
import type { OpenServices } from './open-services.ts';
import type { ResolvedOptions } from './options.ts';
import { openNative } from './session/native/open-native.ts';
import type { TlsKeeper } from './tls/tls-keeper.ts';
import type { BrokerTracing } from './tracing/tracing.ts';
import type { Listener } from './transport/network.ts';
import type { OpenSession } from './transport/session.ts';
import { identityAt } from './identity-at.ts';
import type { ResolvedListener } from './listener-options.ts';
import type { Listeners } from './listeners.ts';

/** What listeners are opened with. */
export interface OpenListenersOptions {
  readonly options: ResolvedOptions;
  readonly listeners: Listeners;
  readonly services: OpenServices;
  readonly counters: BrokerCounters;
  readonly frames: LentMemory | null;
  /** Null: none encrypts. */
  readonly tls: TlsKeeper | null;
  readonly tracing: BrokerTracing | null;
  /** Where whoever dialled that address of ours, at that listener, finds the admin interface. */
  readonly adminUrlFor: (localAddress: string, listener: ResolvedListener) => string | null;
}

/** @throws QError INVALID_CONFIG; the listeners that are open are closed again */
export async function openListeners(opening: OpenListenersOptions): Promise<void> {
  const own = opening.options.listeners.filter(({ protocol }) => protocol !== 'admin');
  const natives = own.filter(({ protocol }) => protocol === nativeName);
  const doors = own.filter(({ protocol }) => protocol !== nativeName);
  for (const listener of doors.filter(({ isOptional }) => !isOptional)) await openDoor(listener, opening);
  for (const listener of natives) await openNativeAt(listener, opening);
  // Last: what may do without its port leaves it to whoever may not.
  for (const listener of doors.filter(({ isOptional }) => isOptional)) await openDoor(listener, opening);
}

async function openNativeAt(listener: ResolvedListener, opening: OpenListenersOptions): Promise<void> {
  const { options, services, counters, frames, tracing, adminUrlFor } = opening;
  const { clock, limits, logger } = options;
  const advertised = { host: listener.advertised?.host ?? '', port: listener.advertised?.port ?? 0 };
  const native = openNative({
    services: services.forDoors,
    clock,
    limits,
    logger,
    counters,
    frames,
    advertised,
    tracing,
    identityOf: identityAt(listener, { identities: services.identities, clock }),
    adminUrlFor: (localAddress) => adminUrlFor(localAddress, listener),
  });
  const open = await listen(listener, native, opening);
  advertised.port ||= open?.port ?? 0;
}

async function openDoor(listener: ResolvedListener, opening: OpenListenersOptions): Promise<void> {
  const { options, services, counters, frames } = opening;
  const { clock, random, limits, logger } = options;
  const { name, open } = listener.protocol as DoorProtocol;
  let address = { host: listener.host, port: listener.port };
  const tools = {
    clock,
    random,
    limits,
    logger,
    meter: requestMeter(counters, name),
    frames,
    identityOf: identityAt(listener, { identities: services.identities, clock }),
    listener: listener.name,
    advertised: listener.advertised,
    address: () => address,
  };
  const opened = await listen(listener, open(services.forDoors, tools), opening);
  if (opened !== null) address = { host: opened.host, port: opened.port };
}

async function listen(
  listener: ResolvedListener,
  openSession: OpenSession,
  { listeners, tls }: OpenListenersOptions,
): Promise<Listener | null> {
  const material = tls?.materialOf(listener.name) ?? null;
  const opened = await listeners.open({ listener, material, openSession });
  tls?.serve(listener.name, opened?.renew);
  return opened;
}
