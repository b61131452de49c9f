import { QError } from '@q/protocol';
import { formatAddress } from '../broker.ts';

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already; stop it or choose another port (0 takes a free one)',
  EACCES: 'this user may not listen there; choose a port from 1024 on',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
};

/** Why an address cannot be had, in words. */
export function listenError(error: unknown, where: { setting: string; host: string; port: number }): QError {
  const { setting, host, port } = where;
  const systemCode = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';
  const reason = reasons[systemCode] ?? (error as Error).message;
  return new QError('INVALID_CONFIG', `cannot listen on ${formatAddress(host, port)} (${setting}): ${reason}`, {
    cause: error,
    details: { setting, value: port, systemCode },
  });
}
