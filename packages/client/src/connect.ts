import { throwIfAborted } from './abort.ts';
import { Cluster } from './cluster/cluster.ts';
import { resolveConnectOptions } from './connect-options.ts';
import type { ConnectOptions } from './connect-options.ts';
import { checkRuntime } from './node-runtime.ts';
import { Client } from './q.ts';
import type { Q } from './q.ts';
import { openTracing, wantsTracing } from './tracing/open-tracing.ts';

/**
 * Connects to a cluster through any of the given addresses (`q://host:port`, `host:port`, `host`; port 7420 unless
 * given).
 *
 * @throws QError `NO_BROKER` when none answers within `connectTimeoutMs`; `INVALID_CONFIG`, also on a Node that is too
 * old, and after a few tries where TLS fails of what no wait mends (`details.option`: `tls.ca`, `tls.serverName`,
 * `tls.cert`, `url`); `ABORTED`.
 *
 * @example
 * await using q = await connect('q://localhost:7420');
 */
export async function connect(url: string | readonly string[], options?: ConnectOptions): Promise<Q> {
  checkRuntime();
  const resolved = resolveConnectOptions(url, options);
  const tracing = wantsTracing(resolved) ? await openTracing(resolved) : null;
  const cluster = new Cluster(resolved, tracing);
  try {
    throwIfAborted(options?.signal);
    await cluster.start(options?.signal);
    throwIfAborted(options?.signal);
    return new Client({ cluster, signal: options?.signal });
  } catch (error) {
    cluster.close();
    throw error;
  }
}
