/*
 * pnpm release --dry-run
 *
 * Rehearses a release: versions and changelogs from the changesets, build, packing, publishing to a registry on
 * loopback, and then, on every Node that is supported, an empty project that installs the packages from there by name
 * and runs the programs of the README. All of it happens in temporary folders; nothing in the repository changes. Ends
 * with 0 when a release would have worked.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../packages/command.ts';
import { EmptyProject, repositoryRoot, supportedNodes } from '../packages/empty-project.ts';
import { RepositoryCopy } from './repository-copy.ts';
import { LocalRegistry } from './registry.ts';
import type { Upstream } from './registry.ts';

const realRelease = [
  'release: nothing is published yet, so only a rehearsal is possible: pnpm release --dry-run',
  'A real release needs, in CI, a token of npm that may publish @q/*, an identity (OIDC) with which npm signs the provenance,',
  'and the address of the repository in each package.json ("repository"), which the provenance is checked against.',
];

const begin = performance.now();

function say(text: string): void {
  process.stdout.write(`[${((performance.now() - begin) / 1000).toFixed(0).padStart(3)} s] ${text}\n`);
}

/** Where npm gets other people's packages on this machine. */
async function upstream(): Promise<Upstream> {
  const setting = async (name: string): Promise<string> =>
    (await runCommand('npm', ['config', 'get', name], { cwd: repositoryRoot })).trim();
  const caFile = await setting('cafile');
  return { url: await setting('registry'), ...(caFile === '' || caFile === 'null' ? {} : { caFile }) };
}

/** The programs that the README shows. Its tests compare them with these files. */
async function runReadme(o: {
  name: string;
  node: string;
  registry: LocalRegistry;
  versions: ReadonlyMap<string, string>;
}): Promise<void> {
  await using project = await EmptyProject.create();
  await project.prepare();
  await project.install(['@q/client', '@q/broker'], {
    registry: o.registry.url,
    npmConfig: o.registry.npmConfig,
    node: o.node,
  });
  for (const name of ['@q/client', '@q/broker']) {
    const version = await project.versionOf(name);
    if (version !== o.versions.get(name))
      throw new Error(`${name} came as ${version}, and ${o.versions.get(name)} was published`);
  }
  await copyFile(
    join(repositoryRoot, 'packages/client/examples/first-message.ts'),
    join(project.directory, 'first-message.ts'),
  );
  await copyFile(
    join(repositoryRoot, 'packages/broker/examples/in-a-test.ts'),
    join(project.directory, 'in-a-test.ts'),
  );
  expectLine(
    await project.runProgram('with-a-broker.ts', o.node, './first-message.ts'),
    'customer-7 ordered two lamps',
  );
  expectLine(await project.runProgram('in-a-test.ts', o.node), 'stored at offset 0');
  say(`on ${o.name} an empty project installs them by name, and runs the programs of the README`);
}

function expectLine(output: string, line: string): void {
  if (!output.split('\n').includes(line)) throw new Error(`the program did not print "${line}" but:\n${output}`);
}

async function rehearse(): Promise<void> {
  await using registry = await LocalRegistry.start(await upstream());
  say(`a registry listens on ${registry.url}`);
  await using copy = await RepositoryCopy.create();
  await copy.install();
  say('the repository is copied and installed');
  const versions = await copy.version();
  say(`versions: ${[...versions].map(([name, version]) => `${name} ${version}`).join(', ')}`);
  await copy.publish(registry);
  say('built, packed and published');
  for (const { name, program } of supportedNodes()) await runReadme({ name, node: program, registry, versions });
}

if (process.argv.slice(2).join(' ') === '--dry-run') {
  await rehearse();
  say('a release would work');
} else {
  process.stderr.write(`${realRelease.join('\n')}\n`);
  process.exitCode = 2;
}
