import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LineProgram } from '../../client-program.ts';
import type { KafkaClient } from '../../kafka-client.ts';
import { hasCommand, runCommand } from '../command.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const example = fileURLToPath(new URL('../../../../examples/kafka/java/Orders.java', import.meta.url));
/** Many short lives: the first of two compilers does, and one thread collects. */
const flags = [
  '-Xmx256M',
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
];

/** Kafka's own clients and console tools, from Maven Central, with a program compiled against them. */
export const kafkaJava: KafkaClient = {
  name: 'Java',
  prepare: async (cacheFolder) => {
    if (!(await hasCommand('javac', ['-version']))) return { missing: 'there is no javac' };
    if (!(await hasCommand('mvn', ['-version']))) return { missing: 'there is no mvn' };
    const classPath = await compile(cacheFolder);
    const java = ['java', ...flags, '-cp', classPath];
    return { example: [...java, 'Orders'], start: (bootstrap) => new LineProgram([...java, 'Rig', bootstrap]) };
  },
};

/** Returns the class path. */
async function compile(cacheFolder: string): Promise<string> {
  const sources = (await readdir(folder)).filter((name) => name.endsWith('.java')).toSorted();
  const programs = [...sources.map((name) => join(folder, name)), example];
  const pom = join(folder, 'pom.xml');
  const wanted = (await Promise.all([pom, ...programs].map((path) => readFile(path, 'utf8')))).join('\n');
  const [libraries, classes] = [join(cacheFolder, 'libraries'), join(cacheFolder, 'classes')];
  const classPath = `${classes}:${join(libraries, '*')}`;
  // Written last, so that an installation that was cut short is begun again.
  const mark = join(cacheFolder, 'installed');
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === wanted) return classPath;
  for (const each of [mark, libraries, classes]) await rm(each, { recursive: true, force: true });
  await mkdir(classes);
  const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${libraries}`];
  await runCommand('mvn', ['-B', '-q', '-f', pom, ...copy]);
  await runCommand('javac', ['-cp', join(libraries, '*'), '-d', classes, ...programs]);
  // Connect finds its connectors here at once; without, it looks through all libraries for seconds.
  const services = join(classes, 'META-INF', 'services');
  await mkdir(services, { recursive: true });
  await writeFile(join(services, 'org.apache.kafka.connect.source.SourceConnector'), 'Numbers\n');
  await writeFile(mark, wanted);
  return classPath;
}
