import { expect, it } from 'vitest';
import { commandLineCall } from '../src/program-call.ts';

const installed = 'file:///srv/app/node_modules/@q/broker-app/dist/main.js';
const fetched = 'file:///opt/a/.npm/_npx/79d35b05cea1f0df/node_modules/@q/broker-app/dist/main.js';
const cloned = 'file:///opt/a/q/apps/broker/dist/main.js';

it.each([
  ['installed and in PATH', installed, {}, 'q'],
  [
    'installed, through npx',
    installed,
    { npm_command: 'exec', npm_config_user_agent: 'npm/11.19.1 node/v26.10.0 linux x64' },
    'npx q',
  ],
  [
    'installed, through pnpm',
    installed,
    { npm_command: 'exec', npm_config_user_agent: 'pnpm/12.21.0 npm/? node/? linux x64' },
    'pnpm exec q',
  ],
  ['fetched by npx', fetched, { npm_command: 'exec' }, 'npx -y @q/cli'],
  ['a clone, by pnpm', cloned, { npm_execpath: '/usr/lib/node_modules/pnpm/bin/pnpm.cjs' }, 'pnpm --silent q'],
  [
    'a clone, by npx pnpm',
    cloned,
    { npm_execpath: '/opt/a/.npm/_npx/9c7067c5737e830f/node_modules/pnpm/pnpm' },
    'npx -y pnpm@12 --silent q',
  ],
  [
    'a clone on Windows, by npx pnpm',
    cloned,
    { npm_execpath: 'C:\\npm-cache\\_npx\\9c70\\node_modules\\pnpm\\pnpm' },
    'npx -y pnpm@12 --silent q',
  ],
  ['a clone, by node itself', cloned, {}, 'pnpm --silent q'],
])('names the command line as it can be called: %s', (_case, moduleUrl, env, call) => {
  expect(commandLineCall({ moduleUrl, env })).toBe(call);
});
