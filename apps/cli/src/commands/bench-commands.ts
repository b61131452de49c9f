import { Option } from 'commander';
import type { Command } from 'commander';
import { argumentParser } from '../argument-parser.ts';
import { addExamples } from '../examples.ts';
import { parseByteSize } from '../input/byte-size.ts';
import { parseTimeout } from '../input/duration.ts';
import { parseWholeNumber } from '../input/whole-number.ts';
import type { ProgramHost } from '../program-host.ts';
import type { BenchOptions } from './bench-options.ts';
import { codecs } from './codecs.ts';

const countParser = argumentParser((text: string) => parseWholeNumber(text, { min: 1, max: 2_147_483_647 }));
const sizeParser = argumentParser((text: string) => parseByteSize(text, { min: 1, max: 64 << 20 }));
const durationParser = argumentParser((text: string) => parseTimeout(text));

/** `q bench …`: definitions only, see `createProgram`. */
export function addBenchCommands(program: Command, host: ProgramHost): void {
  const bench = program
    .command('bench')
    .description('measure how fast a broker is from here, in a topic that is made for it and deleted again');
  addProduce(bench, host);
  addConsume(bench, host);
  addLatency(bench, host);
}

function addProduce(bench: Command, host: ProgramHost): void {
  const produce = withRate(withTopic(bench.command('produce'), 'default: 1,000,000'))
    .description('send records as fast as they are taken, or at a rate')
    .action((_options: unknown, command: Command) =>
      host.run(() =>
        import('./bench-produce.ts').then(({ benchProduce }) =>
          benchProduce(host.context, command.optsWithGlobals<BenchOptions>()),
        ),
      ),
    );
  addExamples(produce, [
    ['q bench produce --size 200 --partitions 4 -z lz4'],
    ['q bench produce --rate 50000 --duration 1m --json', 'how late are acknowledgements at this rate?'],
  ]);
}

function addConsume(bench: Command, host: ProgramHost): void {
  const consume = withTopic(bench.command('consume'), 'default: 1,000,000, or all of --topic')
    .description('read records as fast as they come, of a topic that is filled first, or of a named one')
    .action((_options: unknown, command: Command) =>
      host.run(() =>
        import('./bench-consume.ts').then(({ benchConsume }) =>
          benchConsume(host.context, command.optsWithGlobals<BenchOptions>()),
        ),
      ),
    );
  addExamples(consume, [
    ['q bench consume --records 500000 --size 1KiB'],
    ['q bench consume --topic orders --duration 10s', 'nothing is written'],
  ]);
}

function addLatency(bench: Command, host: ProgramHost): void {
  const latency = withRate(withTopic(bench.command('latency'), 'default: 10,000'))
    .description('time records to their acknowledgement, and to a consumer that waits for them (default rate: 1,000/s)')
    .action((_options: unknown, command: Command) =>
      host.run(() =>
        import('./bench-latency.ts').then(({ benchLatency }) =>
          benchLatency(host.context, command.optsWithGlobals<BenchOptions>()),
        ),
      ),
    );
  addExamples(latency, [
    ['q bench latency --records 10000'],
    ['q bench latency --rate 100 --duration 1m --json | jq .latencies.delivered'],
  ]);
}

function withTopic(command: Command, recordsHelp: string): Command {
  return command
    .option('-t, --topic <topic>', 'measure in this topic; it is neither made nor deleted')
    .option('-p, --partitions <count>', 'partitions of the topic that is made (default: 1)', countParser)
    .option('--keep', 'do not delete the topic that was made')
    .option('-n, --records <count>', `how many records (${recordsHelp})`, countParser)
    .option('-d, --duration <time>', 'for how long, such as 30s', durationParser)
    .addOption(
      new Option('-s, --size <bytes>', 'bytes of each value, such as 100 or 1KiB')
        .argParser(sizeParser)
        .default(1024, '1KiB'),
    )
    .addOption(new Option('-z, --compression <codec>', 'compress batches').choices(codecs).default('none'));
}

function withRate(command: Command): Command {
  return command.option('--rate <records>', 'records a second; what is late counts as slow', countParser);
}
