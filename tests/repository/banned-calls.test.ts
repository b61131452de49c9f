import { describe, expect, it } from 'vitest';
import { codeOnly, findLines } from './code-text.ts';
import { importsOf } from './imports.ts';
import { isNodeAdapter, productionSources, readRepositoryFile } from './source-files.ts';

// Time, chance, files and sockets reach the packages through ports, so that a simulation can replace all of them.
// Only the adapters of those ports, files named `node-*.ts`, may touch the real thing.
const bannedCode: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['the wall clock', /\bDate\.now\b|\bnew Date\(\s*\)/],
  ['chance', /\bMath\.random\b|\brandomBytes\b|\brandomUUID\b|\bgetRandomValues\b|\brandomInt\b/],
  ['the monotonic clock', /\bperformance\.(now|timeOrigin)\b|\bprocess\.hrtime\b|\bprocess\.uptime\b/],
  ['a bare timer', /(?<![.\w])(setTimeout|setInterval|setImmediate)\b|\bprocess\.nextTick\b|\bAbortSignal\.timeout\b/],
  ['the environment', /\bprocess\.(env|exit|on|once|argv|cwd)\b/],
];
const bannedModules =
  /^(node:)?(fs|fs\/promises|net|http|https|http2|tls|dgram|dns|timers|timers\/promises|child_process|worker_threads|perf_hooks)$/;

// Not adapters by name, with the reason why they may.
const excused: Readonly<Record<string, string>> = {
  'packages/testkit/src/broker-process.ts': 'starts and kills real processes for the tests',
  'packages/testkit/src/manual-clock.ts': 'lets real callbacks run between the moments that it makes up',
  'packages/testkit/src/tcp-proxy.ts': 'stands between real sockets in the tests',
};

const sources = productionSources().filter(
  (path) => path.startsWith('packages/') && !isNodeAdapter(path) && !(path in excused),
);

describe('ports', () => {
  it('has sources to look at', () => {
    expect(sources.length).toBeGreaterThan(10);
  });

  it.each(bannedCode)('keeps %s in the adapters', (_what, pattern) => {
    const wrong = sources.flatMap((path) =>
      findLines(codeOnly(readRepositoryFile(path)), pattern).map(({ line, text }) => `${path}:${line} ${text}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps modules of input, output and time in the adapters', () => {
    const wrong = sources.flatMap((path) =>
      importsOf(readRepositoryFile(path))
        .filter(({ specifier }) => bannedModules.test(specifier))
        .map(({ specifier, line }) => `${path}:${line} ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('excuses only files that exist', () => {
    expect(Object.keys(excused).filter((path) => !productionSources().includes(path))).toEqual([]);
  });
});
