import { findAdmin } from './admin/admin-address.ts';
import { AdminApi } from './admin/admin-api.ts';
import { connectSecurity } from './secure/connect-security.ts';
import type { CommandContext, GlobalOptions } from './command-context.ts';

/**
 * The one way in which commands call the admin HTTP API of a broker, as `withClient` is that of its own protocol: finds
 * the address, and runs the command. Ctrl-C ends whatever is being asked.
 *
 * @example
 * const health = await withAdmin(context, options, (admin) => admin.json<Health>({ path: '/api/v1/cluster/health' }));
 *
 * @throws CommandError what cannot be reached, what the broker refuses: with its exit code, and what to do next
 */
export async function withAdmin<T>(
  context: CommandContext,
  options: GlobalOptions,
  command: (admin: AdminApi) => Promise<T>,
): Promise<T> {
  const security = await connectSecurity(context, options);
  const address = await findAdmin(options, { security, interrupt: context.interrupt });
  return command(
    new AdminApi({
      address,
      security,
      signal: context.interrupt,
      ...(options.timeout !== undefined && { timeoutMs: options.timeout }),
    }),
  );
}
