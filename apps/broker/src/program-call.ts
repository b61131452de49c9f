/** Where this program runs from, and who started it. */
export interface Surroundings {
  /** Address of a module of this program. */
  readonly moduleUrl: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * How somebody who came here as this process did calls the command line: what they have typed already is there for
 * them.
 */
export function commandLineCall({ moduleUrl, env }: Surroundings): string {
  const { npm_execpath: manager = '', npm_command: command, npm_config_user_agent: agent = '' } = env;
  // In a clone the command line is a script of the root package.
  if (!moduleUrl.includes('/node_modules/')) return isOfNpx(manager) ? 'npx -y pnpm@12 --silent q' : 'pnpm --silent q';
  if (isOfNpx(moduleUrl)) return 'npx -y @q/cli';
  if (command === 'exec') return agent.startsWith('pnpm') ? 'pnpm exec q' : 'npx q';
  return 'q';
}

/** How somebody who came here as this process did starts a broker. */
export function brokerCall({ moduleUrl, env }: Surroundings): string {
  const { npm_execpath: manager = '', npm_command: command, npm_config_user_agent: agent = '' } = env;
  if (!moduleUrl.includes('/node_modules/')) return isOfNpx(manager) ? 'npx -y pnpm@12 start' : 'pnpm start';
  if (isOfNpx(moduleUrl)) return 'npx -y @q/broker-app';
  if (command === 'exec') return agent.startsWith('pnpm') ? 'pnpm exec q-broker' : 'npx q-broker';
  return 'q-broker';
}

/** npx keeps what it was asked to run in a folder of its own, which is in nobody's PATH. */
function isOfNpx(path: string): boolean {
  return /[\\/]_npx[\\/]/.test(path);
}
