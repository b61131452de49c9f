import { Option } from 'commander';
import type { Command } from 'commander';
import { argumentParser } from '../argument-parser.ts';
import type { GlobalOptions } from '../command-context.ts';
import { addExamples } from '../examples.ts';
import { parseTimeout } from '../input/duration.ts';
import { parseWholeNumber } from '../input/whole-number.ts';
import type { ProgramHost } from '../program-host.ts';
import type { TransactionAbortOptions } from './transaction-abort.ts';
import type { TransactionListOptions } from './transaction-list.ts';
import { transactionStates } from './transaction-states.ts';

/** `q transaction …`: definitions only, see `createProgram`. */
export function addTransactionCommands(program: Command, host: ProgramHost): void {
  const transaction = program
    .command('transaction')
    .description('list and describe transactions, and abort one that holds back consumers');
  addReaders(transaction, host);
  addAbort(transaction, host);
}

function addReaders(transaction: Command, host: ProgramHost): void {
  const list = transaction
    .command('list')
    .description('list transactional ids with their states, producers, and since when a transaction is open')
    .addOption(new Option('--state <state...>', 'only those that are so').choices(transactionStates))
    .option(
      '--producer-id <number>',
      'only the one that this producer id belongs to',
      argumentParser((text: string) => parseWholeNumber(text, { min: 0, max: 999_999_999_999_999 })),
    )
    .option(
      '--min-age <time>',
      'only transactions that have been open for so long, such as 5m',
      argumentParser((text: string) => parseTimeout(text)),
    )
    .option('--prefix <text>', 'only ids that begin so')
    .action((_options: unknown, command: Command) =>
      host.run(() =>
        import('./transaction-list.ts').then(({ listTransactions }) =>
          listTransactions(host.context, command.optsWithGlobals<TransactionListOptions>()),
        ),
      ),
    );
  addExamples(list, [
    ['q transaction list --min-age 1m', 'what hangs'],
    ['q transaction list --state ongoing prepareCommit'],
    ["q transaction list --json | jq -r '.[].transactionalId'", 'the ids, for a program'],
  ]);
  const describe = transaction
    .command('describe <transactional-id>')
    .description('show who writes under an id, since when its transaction is open, and what that touches')
    .action((id: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./transaction-describe.ts').then(({ describeTransaction }) =>
          describeTransaction(host.context, id, command.optsWithGlobals<GlobalOptions>()),
        ),
      ),
    );
  addExamples(describe, [
    ['q transaction describe billing-1'],
    ['q transaction describe billing-1 --json | jq .ageMs', 'for how long, for a program'],
  ]);
}

function addAbort(transaction: Command, host: ProgramHost): void {
  const abort = transaction
    .command('abort <transactional-id>')
    .description('abort the transaction that is open under an id: nobody who reads committed records gets any of it')
    .option('--force', 'do not ask')
    .action((id: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./transaction-abort.ts').then(({ abortTransaction }) =>
          abortTransaction(host.context, id, command.optsWithGlobals<TransactionAbortOptions>()),
        ),
      ),
    );
  addExamples(abort, [
    ['q transaction abort billing-1', 'asks first'],
    ['q transaction abort billing-1 --force && q topic describe orders'],
  ]);
}
