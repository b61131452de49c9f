import type { AdminListener } from './admin/node-admin-server.ts';
import type { BrokerPhase } from './admin/health.ts';
import type { AdminLogin } from './admin/admin-login.ts';
import type { Asking, Author } from './caller.ts';
import type { Clock } from './clock.ts';
import type { BrokerLimits } from './limits.ts';
import type { BrokerLogger } from './logger.ts';
import type { RequestMeter } from './metrics/request-meter.ts';
import type { Random } from './random.ts';
import type { Services } from './services/services.ts';
import type { ConnectionDescription } from './transport/connection.ts';
import type { ListenerCertificates } from './tls/certificate-facts.ts';
import type { OwnedCaller } from './transport/outside-caller.ts';

/**
 * The admin HTTP interface beyond the probes: an API, metrics, a console. It works on the same services as the doors.
 */
export interface AdminExtension {
  /** Names with a dot by which the admin server may be called, besides its host. Default: none. */
  readonly allowedHosts?: readonly string[];
  /**
   * Called once, when the broker is ready, and not waited for: until it has resolved, its paths are answered with 503.
   * A failure is logged, and stays so until the next start; the broker goes on.
   */
  readonly open: (services: Services, tools: AdminTools) => Promise<OpenAdminExtension>;
}

/** An extension at work. */
export interface OpenAdminExtension {
  /** Answers every request but those of the probes. It must not throw. */
  readonly listener: AdminListener;
  /** Ends what is under way; the broker stops. */
  readonly close: () => Promise<void>;
}

/** What an extension may use besides the services. */
export interface AdminTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
  /** Its requests stand in the statistics as `admin.…`. */
  readonly meter: RequestMeter;
  /** Where the broker is in its life. */
  readonly phase: () => BrokerPhase;
  /** Where the admin server listens. */
  readonly url: string;
  /** Connections of the other doors, the oldest first. */
  readonly connections: () => readonly ConnectionDescription[];
  /** Those that listeners show. `reload` says who asked. */
  readonly certificates: {
    /** What each encrypted listener shows, and until when. */
    readonly list: () => readonly ListenerCertificates[];
    /** Reads the files again at once; `who` asks for it. */
    readonly reload: (by: string, who: Author) => Promise<void>;
  };
  /** Finds out who asks. */
  readonly login: AdminLogin;
  /** `/metrics` is for whoever reaches the server. */
  readonly hasOpenMetrics: boolean;
  /** Somebody for whom services are asked. Whoever opens it ends it. */
  readonly openCaller: (who: Pick<Asking, 'principal' | 'address' | 'clientId'>) => OwnedCaller;
}

/**
 * Opens an extension behind the back of a broker that is ready. The result closes it, also when it is still being
 * opened.
 */
export function openAdminExtension(
  extension: AdminExtension,
  {
    services,
    tools,
    extend,
  }: {
    readonly services: Services;
    readonly tools: AdminTools;
    readonly extend: (listener: AdminListener) => void;
  },
): () => Promise<void> {
  let open: OpenAdminExtension | null = null;
  let isClosed = false;
  const opening = async (): Promise<void> => {
    const opened = await extension.open(services, tools);
    if (isClosed) return opened.close();
    open = opened;
    extend(opened.listener);
  };
  opening().catch((error: unknown) =>
    tools.logger.error(
      { event: 'admin.not_opened', err: error },
      'the admin interface could not be opened; only its probes answer',
    ),
  );
  return async () => {
    isClosed = true;
    await open?.close();
  };
}
