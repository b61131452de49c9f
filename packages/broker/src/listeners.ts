/**
 * The ports of a broker that its own transport serves, each with a protocol: all but those of the admin interface.
 */
import { listenError } from './errors/start-error.ts';
import type { ResolvedOptions } from './options.ts';
import type { Connections } from './transport/connections.ts';
import type { Listener } from './transport/network.ts';
import type { OpenSession } from './transport/session.ts';
import type { TlsMaterial } from './tls/tls-options.ts';
import { loginsOf, protocolName } from './listener-options.ts';
import type { ListenerAddress, ResolvedListener } from './listener-options.ts';
import { fieldOf } from './resolve-listeners.ts';

/** What a listener is opened with. */
export interface Opening {
  readonly listener: ResolvedListener;
  /** Null: plain. */
  readonly material: TlsMaterial | null;
  readonly openSession: OpenSession;
}

export class Listeners {
  readonly #options: Pick<ResolvedOptions, 'network' | 'logger' | 'limits'>;
  readonly #connections: Connections;
  readonly #open: { readonly address: ListenerAddress; readonly listener: Listener }[] = [];

  constructor(options: Pick<ResolvedOptions, 'network' | 'logger' | 'limits'>, connections: Connections) {
    this.#options = options;
    this.#connections = connections;
  }

  get addresses(): ListenerAddress[] {
    return this.#open.map(({ address }) => address);
  }

  /**
   * Null: it is optional, and another program has the port; the log says so, and what sets another (`portSetting`).
   * @throws QError INVALID_CONFIG when the address cannot be had; the listeners that are open are closed again
   */
  async open(opening: Opening): Promise<Listener | null> {
    const { name, host, port, portSetting, isOptional, setting } = opening.listener;
    try {
      return await this.#listen(opening);
    } catch (error) {
      if (!isOptional || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
        await this.close();
        throw listenError(error, { setting: fieldOf(setting, 'port'), host, port });
      }
      const remedy = `give the door another port${portSetting === undefined ? '' : ` with ${portSetting}`}`;
      this.#options.logger.warn(
        { event: 'door.port_taken', door: name, host, port },
        `another program has the port of this door, which stays shut; stop that program, or ${remedy}`,
      );
      return null;
    }
  }

  async #listen({ listener: wanted, material, openSession }: Opening): Promise<Listener> {
    const { network, logger, limits } = this.#options;
    const { name, host, port } = wanted;
    const from = { door: protocolName(wanted), listener: name };
    const connections = this.#connections;
    const listener = await network.listen({
      host,
      port,
      ...(material !== null && { tls: material }),
      admit: (address) => connections.admit(address, from),
      handshakeTimeoutMs: () => limits.handshakeTimeoutMs,
      handshakeFailed: (error, address) => {
        connections.handshakeFailed();
        if (isPlain(error) && address !== undefined)
          return logger.info({ event: 'connection.not_encrypted', ...from, address }, 'a peer does not encrypt');
        logger.debug({ event: 'connection.no_handshake', ...from, err: error }, 'a peer did not shake hands');
      },
      accept: (stream) => connections.accept(stream, openSession, from),
      acceptFailed: (error) => {
        connections.acceptFailed();
        logger.warn({ event: 'connection.accept_failed', ...from, err: error }, 'a connection could not be accepted');
      },
    });
    const address = {
      name,
      protocol: from.door,
      host,
      port: listener.port,
      isEncrypted: material !== null,
      logins: loginsOf(wanted),
    };
    this.#open.push({ address, listener });
    return listener;
  }

  /** Nobody is let in any more. */
  async close(): Promise<void> {
    await Promise.all(this.#open.map(({ listener }) => listener.close()));
  }
}

/** As OpenSSL tells of bytes that are of another protocol. */
function isPlain(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ERR_SSL_WRONG_VERSION_NUMBER' || error.code === 'ERR_SSL_HTTP_REQUEST';
}
