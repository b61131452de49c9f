import { describe, expect, it } from 'vitest';
import { fetchWith } from '../../src/peers/install/fetch.ts';
import { PeerMissing } from '../../src/peers/peer.ts';
import { ServerProcess } from '../../src/peers/server-process.ts';
import { runTool } from '../../src/peers/tool.ts';

// A child of the child works, which only the account of the whole tree shows; the child itself says what it used.
const burn = 'while (process.cpuUsage().user < 150_000);';
const burnBelow = [
  `require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(burn)}]);`,
  'const { user, system } = process.cpuUsage();',
  "console.log('own=' + (user + system) / 1e6);",
].join(' ');

describe('a load tool', () => {
  it('is charged for its children, too', async () => {
    const { output, cost } = await runTool({ program: process.execPath, args: ['-e', burnBelow] });
    const ownSeconds = Number(/own=([\d.]+)/.exec(output)?.[1]);
    expect(cost.cpuSeconds).toBeGreaterThanOrEqual(ownSeconds + 0.1);
    expect(cost.residentPeakBytes).toBeGreaterThan(1 << 20);
  });

  it('that fails is no measurement', async () => {
    await expect(
      runTool({ program: process.execPath, args: ['-e', "console.error('no server'); process.exit(3)"] }),
    ).rejects.toThrow(/ended with 3:\nno server/);
    await expect(runTool({ program: 'no-such-program', args: [] })).rejects.toThrow('ENOENT');
  });
});

describe('a server', () => {
  it('is ready when it says so, and is gone after disposal', async () => {
    const args = ['-e', "console.log('now ready'); setInterval(() => {}, 1000)"];
    const server = await ServerProcess.start({ program: process.execPath, args }, /ready/);
    const { pid } = server;
    await server[Symbol.asyncDispose]();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('that ends at once is reported with its last words', async () => {
    await expect(
      ServerProcess.start({ program: process.execPath, args: ['-e', "console.error('bad port')"] }, /ready/),
    ).rejects.toThrow(/it ended:\nbad port/);
  });
});

describe('fetching', () => {
  it('says which package tool is missing, or what it said', async () => {
    await expect(fetchWith({ program: 'no-such-tool', args: [] })).rejects.toThrow(
      new PeerMissing('no-such-tool is not installed'),
    );
    const args = ['-e', "console.error('[INFO] trying'); console.error('[ERROR] no such artifact'); process.exit(1)"];
    await expect(fetchWith({ program: process.execPath, args })).rejects.toThrow(/failed: \[ERROR\] no such artifact/);
  });
});
