import { withAdmin } from '../admin-call.ts';
import type { AdminApi } from '../admin/admin-api.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { unitsOf } from '../output/units.ts';
import { widthOf } from '../screen.ts';
import { formatHealth, formatInfo } from './cluster-view.ts';
import type { ClusterHealth, ClusterViewOptions, GivenSetting } from './cluster-view.ts';

/** What is shown beside the health of the broker. */
interface Config {
  readonly settings: readonly (GivenSetting & { readonly source: string })[];
}

export async function showInfo(context: CommandContext, options: GlobalOptions): Promise<ExitCode> {
  const { health, given } = await withAdmin(context, options, async (admin) => ({
    health: await healthOf(admin),
    given: (await admin.json<Config>({ path: '/api/v1/config' })).settings.filter(({ source }) => source !== 'default'),
  }));
  write(context, options, { ...health, settings: given }, (view) => formatInfo(health, given, view));
  return ExitCode.ok;
}

/** For scripts as well: what is wrong in whichever way is a failure. */
export async function showHealth(context: CommandContext, options: GlobalOptions): Promise<ExitCode> {
  const health = await withAdmin(context, options, healthOf);
  write(context, options, health, (view) => formatHealth(health, view));
  return health.status === 'healthy' && health.phase === 'ready' ? ExitCode.ok : ExitCode.failure;
}

function healthOf(admin: AdminApi): Promise<ClusterHealth> {
  return admin.json<ClusterHealth>({ path: '/api/v1/health' });
}

function write(
  { stdout }: CommandContext,
  options: GlobalOptions,
  json: object,
  format: (view: ClusterViewOptions) => string,
): void {
  const terminal = isTerminal(stdout);
  const view = { units: unitsOf(options), terminal, columns: widthOf(stdout) };
  stdout.write(options.json === true ? formatJson(json, terminal) : format(view));
}
