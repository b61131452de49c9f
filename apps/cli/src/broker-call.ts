/** How a broker is started by somebody who started this program as it was: see `commandLineCall` of the broker. */
export function brokerCall({
  moduleUrl,
  env,
}: {
  readonly moduleUrl: string;
  readonly env: NodeJS.ProcessEnv;
}): string {
  const { npm_execpath: manager = '', npm_command: command, npm_config_user_agent: agent = '' } = env;
  // In a clone that is a script of the root package.
  if (!moduleUrl.includes('/node_modules/')) return isOfNpx(manager) ? 'npx -y pnpm@12 start' : 'pnpm start';
  if (isOfNpx(moduleUrl)) return 'npx -y @q/broker-app';
  if (command === 'exec') return agent.startsWith('pnpm') ? 'pnpm exec q-broker' : 'npx q-broker';
  return 'q-broker';
}

/** npx keeps what it was asked to run in a folder of its own, which is in nobody's PATH. */
function isOfNpx(path: string): boolean {
  return /[\\/]_npx[\\/]/.test(path);
}
