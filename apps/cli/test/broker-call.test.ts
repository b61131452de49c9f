import { expect, it } from 'vitest';
import { brokerCall } from '../src/broker-call.ts';

const installed = 'file:///srv/app/node_modules/@q/cli/dist/main.js';

it.each([
  ['installed and in PATH', installed, {}, 'q-broker'],
  [
    'installed, through npx',
    installed,
    { npm_command: 'exec', npm_config_user_agent: 'npm/11.19.1 node/v26.10.0' },
    'npx q-broker',
  ],
  [
    'installed, through pnpm',
    installed,
    { npm_command: 'exec', npm_config_user_agent: 'pnpm/12.21.0 npm/?' },
    'pnpm exec q-broker',
  ],
  [
    'fetched by npx',
    'file:///opt/a/.npm/_npx/79d3/node_modules/@q/cli/dist/main.js',
    { npm_command: 'exec' },
    'npx -y @q/broker-app',
  ],
  ['a clone, by pnpm', 'file:///opt/a/q/apps/cli/dist/main.js', { npm_execpath: '/usr/bin/pnpm' }, 'pnpm start'],
  [
    'a clone, by npx pnpm',
    'file:///opt/a/q/apps/cli/dist/main.js',
    { npm_execpath: '/opt/a/.npm/_npx/9c70/node_modules/pnpm/pnpm' },
    'npx -y pnpm@12 start',
  ],
])('names the broker as it can be started: %s', (_case, moduleUrl, env, call) => {
  expect(brokerCall({ moduleUrl, env })).toBe(call);
});
