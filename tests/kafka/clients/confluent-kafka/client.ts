import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LineProgram } from '../../client-program.ts';
import type { KafkaClient } from '../../kafka-client.ts';
import { hasCommand, runCommand } from '../command.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const exampleProgram = fileURLToPath(new URL('../../../../examples/kafka/python/orders.py', import.meta.url));

/** In a virtual environment of its own. */
export const confluentKafka: KafkaClient = {
  name: 'confluent-kafka',
  prepare: async (cacheFolder) => {
    if (!(await hasCommand('python3', ['-m', 'venv', '--help']))) return { missing: 'there is no python3 with venv' };
    const requirements = join(folder, 'requirements.txt');
    const wanted = await readFile(requirements, 'utf8');
    const environment = join(cacheFolder, 'venv');
    const python = join(environment, 'bin/python');
    // Written last, so that an installation that was cut short is begun again.
    const mark = join(cacheFolder, 'installed');
    if (!existsSync(mark) || (await readFile(mark, 'utf8')) !== wanted || !existsSync(python)) {
      await rm(environment, { recursive: true, force: true });
      await runCommand('python3', ['-m', 'venv', environment]);
      // Wheels only: nothing of a package runs while it is installed.
      await runCommand(python, [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--only-binary',
        ':all:',
        '-r',
        requirements,
      ]);
      await writeFile(mark, wanted);
    }
    return {
      start: (bootstrap) => new LineProgram([python, '-u', join(folder, 'main.py'), bootstrap]),
      example: [python, '-u', exampleProgram],
    };
  },
};
