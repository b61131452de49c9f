import { fileURLToPath } from 'node:url';
import { LineProgram } from '../client-program.ts';
import type { KafkaClient } from '../kafka-client.ts';

/** A client whose packages are dependencies of the tests. */
export function nodeClient(name: string, folder: string, example?: URL): KafkaClient {
  const main = fileURLToPath(new URL(`./${folder}/main.ts`, import.meta.url));
  return {
    name,
    prepare: async () => ({
      ...(example !== undefined && { example: [process.execPath, fileURLToPath(example)] }),
      start: (bootstrap) => new LineProgram([process.execPath, '--conditions=@q/source', main, bootstrap]),
    }),
  };
}
