import { fileURLToPath } from 'node:url';
import { startBroker } from '@q/broker';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../kafka/clients/command.ts';

/** Loaded first: nobody finds OpenTelemetry, and who looks for it is told of. */
const withoutApi = `
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve(specifier, context, next) {
      if (!specifier.startsWith('@opentelemetry/')) return next(specifier, context);
      console.log('looked for ' + specifier);
      throw Object.assign(new Error('not installed'), { code: 'ERR_MODULE_NOT_FOUND' });
    },
  });
`;

/** A program in a process of its own; gives what it says. */
async function run(text: string): Promise<string[]> {
  await using broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  const program = `import { connect } from '@q/client'; const url = '${broker.url}'; ${text}`;
  const preload = `data:text/javascript,${encodeURIComponent(withoutApi)}`;
  const out = await runCommand(
    process.execPath,
    ['--import', preload, '--input-type=module', '--conditions=@q/source', '--eval', program],
    { folder: fileURLToPath(new URL('.', import.meta.url)) },
  );
  return out.trim().split('\n');
}

describe('a client without @opentelemetry/api', { timeout: 60_000 }, () => {
  it('O5 looks for nothing when there is no SDK, and works', async () => {
    const lines = await run(`
      await using q = await connect(url);
      await q.admin.createTopic('t', { partitions: 1 });
      await q.producer().send('t', { value: 'x' });
      const consumer = q.consumer('t', { group: 'g' });
      await consumer.run((message) => consumer.traced(message, ({ headers }) => {
        console.log(headers.length);
        void consumer.close();
      }));
    `);
    expect(lines).toEqual(['0']);
  });

  it('O5 goes on without traces where an SDK was brought by others', async () => {
    const lines = await run(`
      globalThis[Symbol.for('opentelemetry.js.api.1')] = { version: '1.10.0', trace: {} };
      await using q = await connect(url);
      console.log('connected');
    `);
    expect(lines).toEqual(['looked for @opentelemetry/api', 'connected']);
  });

  it('O5 says what is missing when traces were asked for', async () => {
    const lines = await run(`
      const error = await connect(url, { tracing: true }).catch((thrown) => thrown);
      console.log(error.code, error.message);
    `);
    expect(lines.at(-1)).toMatch(/^INVALID_CONFIG connect\.tracing needs @opentelemetry\/api, which is not installed/);
  });

  it.each([
    [`'yes'`, 'connect.tracing must be true, false or an object of options'],
    [`{ process: 'parent' }`, 'connect.tracing.process is "parent"; use one of child, link'],
    [`{ proces: 'child' }`, 'connect.tracing has no option "proces"'],
    [`{ api: {} }`, 'connect.tracing.api is not the module @opentelemetry/api'],
  ])('O5 refuses tracing: %s', async (given, message) => {
    const [line] = await run(`
      const error = await connect(url, { tracing: ${given} }).catch((thrown) => thrown);
      console.log(error.code, error.message);
    `);
    expect(line).toContain(`INVALID_CONFIG ${message}`);
  });
});
