import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** `~/.config/q/config.yaml`, or below `XDG_CONFIG_HOME`, of which the specification says that it must be absolute. */
export function profilePath(env: NodeJS.ProcessEnv): string {
  const chosen = env['XDG_CONFIG_HOME'] ?? '';
  const folder = isAbsolute(chosen) ? chosen : join(env['HOME'] || homedir(), '.config');
  return join(folder, 'q', 'config.yaml');
}
