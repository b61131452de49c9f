import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Redaction } from '../../src/log/redaction.ts';

const log = fileURLToPath(new URL('../../src/log.ts', import.meta.url));
const canary = 'kanarienvogel"7\\x';

it('O5 never writes a secret, whichever way it comes into a line', () => {
  const program = `
    import { ProgramLog } from ${JSON.stringify(log)};
    const canary = ${JSON.stringify(canary)};
    const log = new ProgramLog({ level: 'trace', format: process.argv[1], secrets: [canary] });
    const inner = Object.assign(new Error('bad token ' + canary), { config: { headers: { authorization: canary } } });
    const err = Object.assign(new Error('refused ' + canary, { cause: inner }), {
      code: 'E', details: { url: 'http://a:' + canary + '@b', password: canary, port: 1 },
    });
    log.info({ event: 'a.message' }, 'with ' + canary);
    log.info({ event: 'a.field', reason: canary, reasons: ['x', canary] }, 'm');
    log.info({ event: 'a.name', password: canary, apiKey: 'unknown-secret-1', 'x-auth-token': 'unknown-secret-2' }, 'm');
    log.error({ event: 'a.error', err }, 'm');
    log.warn({ event: 'a.address', url: 'https://user:unknown-secret-3@host/x', next: 'Bearer unknown-secret-4' }, 'm');
    log.warn({ event: 'a.text', reason: 'password=unknown-secret-5 api-key: unknown-secret-6' }, 'm');
    log.open();
    process.stdout.write('TAIL ' + JSON.stringify(log.tail.last(100)));`;
  for (const format of ['json', 'text']) {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=@q/source', '--input-type=module', '-e', program, format],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    for (const event of ['message', 'field', 'name', 'error', 'address', 'text'])
      expect(stdout).toContain(`a.${event}`);
    expect(stdout).toContain('TAIL [');
    expect(stdout).not.toContain('kanarienvogel');
    expect(stdout).not.toContain('unknown-secret');
  }
});

it('O5 leaves words alone that are no secrets', () => {
  const redaction = new Redaction();
  redaction.setSecrets(['abc']);
  const line = '{"msg":"the token of group abc has 3 secrets; see http://host:80/x@y","topic":"passwords"}';
  expect(redaction.line(line)).toBe(line);
});
