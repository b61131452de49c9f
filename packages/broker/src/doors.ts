import type { DoorAddress } from './door.ts';
import { listenError } from './errors/start-error.ts';
import { nativeName } from './metrics/request-meter.ts';
import type { ResolvedOptions } from './options.ts';
import type { Connections } from './transport/connections.ts';
import type { Listener } from './transport/network.ts';
import type { OpenSession } from './transport/session.ts';
import type { TlsOptions } from './transport/tls-options.ts';

/** Where to listen. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** Null: plain. */
  readonly tls: TlsOptions | null;
}

/** The ports of a broker, each with a protocol. */
export class Doors {
  readonly #options: Pick<ResolvedOptions, 'network' | 'logger'>;
  readonly #connections: Connections;
  readonly #open: { readonly name: string; readonly listener: Listener }[] = [];

  constructor(options: Pick<ResolvedOptions, 'network' | 'logger'>, connections: Connections) {
    this.#options = options;
    this.#connections = connections;
  }

  /** All but the native one. */
  get addresses(): DoorAddress[] {
    return this.#open
      .filter(({ name }) => name !== nativeName)
      .map(({ name, listener: { host, port } }) => ({ name, host, port }));
  }

  /** As `open`. Null when another program has the port: the log says so, and what sets another (`portSetting`). */
  async openIfFree(
    { name, portSetting }: { readonly name: string; readonly portSetting: string | undefined },
    at: Place,
    openSession: OpenSession,
  ): Promise<Listener | null> {
    try {
      return await this.#listen(name, at, openSession);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return await this.#giveUp(name, at, error);
      const remedy = `give the door another port${portSetting === undefined ? '' : ` with ${portSetting}`}`;
      this.#options.logger.warn(
        { event: 'door.port_taken', door: name, host: at.host, port: at.port },
        `another program has the port of this door, which stays shut; stop that program, or ${remedy}`,
      );
      return null;
    }
  }

  /** @throws QError INVALID_CONFIG when the address cannot be had; the doors that are open are closed again */
  async open(name: string, at: Place, openSession: OpenSession): Promise<Listener> {
    try {
      return await this.#listen(name, at, openSession);
    } catch (error) {
      return await this.#giveUp(name, at, error);
    }
  }

  async #listen(name: string, { tls, ...at }: Place, openSession: OpenSession): Promise<Listener> {
    const { network, logger } = this.#options;
    const listener = await network.listen({
      ...at,
      ...(tls !== null && { tls }),
      handshakeFailed: (error) =>
        logger.debug({ event: 'connection.no_handshake', door: name, err: error }, 'a peer did not shake hands'),
      accept: (stream) => this.#connections.accept(stream, openSession, name),
      acceptFailed: (error) => {
        this.#connections.acceptFailed();
        logger.warn(
          { event: 'connection.accept_failed', door: name, err: error },
          'a connection could not be accepted',
        );
      },
    });
    this.#open.push({ name, listener });
    return listener;
  }

  async #giveUp(name: string, { host, port }: Place, error: unknown): Promise<never> {
    await this.close();
    throw listenError(error, { setting: name === nativeName ? 'port' : `doors.${name}.port`, host, port });
  }

  /** Nobody is let in any more. */
  async close(): Promise<void> {
    await Promise.all(this.#open.map(({ listener }) => listener.close()));
  }
}
