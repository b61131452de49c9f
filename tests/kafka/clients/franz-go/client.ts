import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LineProgram } from '../../client-program.ts';
import type { KafkaClient } from '../../kafka-client.ts';
import { hasCommand, runCommand } from '../command.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const exampleFolder = fileURLToPath(new URL('../../../../examples/kafka/go', import.meta.url));

/** Compiled, with the modules that go.mod and go.sum name. */
export const franzGo: KafkaClient = {
  name: 'franz-go',
  prepare: async (cacheFolder) => {
    if (!(await hasCommand('go', ['version']))) return { missing: 'there is no go' };
    const program = join(cacheFolder, 'franz-go');
    const env = {
      GOFLAGS: '-mod=readonly -modcacherw -buildvcs=false',
      GOMODCACHE: join(cacheFolder, 'modules'),
      GOCACHE: join(cacheFolder, 'build'),
      GOTELEMETRY: 'off',
      CGO_ENABLED: '0',
    };
    await runCommand('go', ['build', '-o', program, '.'], { folder, env });
    const example = join(cacheFolder, 'orders');
    await runCommand('go', ['build', '-o', example, '.'], { folder: exampleFolder, env });
    return { example: [example], start: (bootstrap) => new LineProgram([program, bootstrap]) };
  },
};
