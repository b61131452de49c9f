import type { Broker, ListenerAddress } from '@q/broker';
import { writeAddress } from './setting-text.ts';

const schemes: Readonly<Record<string, string>> = { native: 'q', kafka: 'kafka', admin: 'http' };

/** `outside qs://0.0.0.0:7430 (password, certificate)`: its name, where it is, and how one comes in. */
export function listenerText(listener: ListenerAddress): string {
  const { name, logins } = listener;
  return `${name} ${urlOf(listener)} (${logins.length === 0 ? 'asks nobody' : logins.join(', ')})`;
}

/** Where commands reach the broker: a listener that asks is the one that is meant, where another asks nobody. */
export function placeToCallAt({
  listeners,
}: Pick<Broker, 'listeners'>): Pick<ListenerAddress, 'port' | 'logins'> & { readonly url: string } {
  const natives = listeners.filter(({ protocol }) => protocol === 'native');
  const place = natives.find(({ logins }) => logins.length > 0) ?? natives[0]!;
  return { url: urlOf(place), port: place.port, logins: place.logins };
}

/** Passwords alone let in, and nobody has one. */
export function hasNoWayIn({ users, listeners }: Pick<Broker, 'users' | 'listeners'>): boolean {
  const logins = listeners.flatMap((listener) => listener.logins);
  return users !== null && users.list().length === 0 && logins.length > 0 && logins.every((way) => way === 'password');
}

function urlOf({ protocol, isEncrypted, ...at }: ListenerAddress): string {
  return `${schemes[protocol] ?? protocol}${isEncrypted ? 's' : ''}://${writeAddress(at)}`;
}
