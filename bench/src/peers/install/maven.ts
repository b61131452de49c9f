import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchWith } from './fetch.ts';
import { installOnce } from './once.ts';

/** `group:artifact:version` */
export type Artifact = `${string}:${string}:${string}`;

/**
 * Fetches Java libraries with all they need, and compiles programs against them.
 *
 * @param programs paths of source files
 * @returns the class path
 */
export async function mavenLibraries(
  folder: string,
  artifacts: readonly Artifact[],
  programs: readonly string[],
): Promise<string> {
  const sources = await Promise.all(programs.map((path) => readFile(path, 'utf8')));
  await installOnce(folder, [artifacts.join(' '), ...sources].join('\n'), async (unfinished) => {
    await writeFile(join(unfinished, 'pom.xml'), projectOf(artifacts));
    const lib = join(unfinished, 'lib');
    await fetchWith({
      program: 'mvn',
      args: ['-B', '-q', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${lib}`],
      folder: unfinished,
    });
    await fetchWith({
      program: 'javac',
      args: ['-cp', join(lib, '*'), '-d', join(unfinished, 'classes'), ...programs],
    });
  });
  return `${join(folder, 'classes')}:${join(folder, 'lib', '*')}`;
}

function projectOf(artifacts: readonly Artifact[]): string {
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  });
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0">',
    '<modelVersion>4.0.0</modelVersion><groupId>q.bench</groupId><artifactId>peer</artifactId><version>1</version>',
    `<dependencies>${dependencies.join('\n')}</dependencies>`,
    '</project>',
    '',
  ].join('\n');
}
