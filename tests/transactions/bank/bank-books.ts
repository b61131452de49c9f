import { accounts, openingAmount } from './bank-topics.ts';
import type { Entry, Transfer } from './bank-topics.ts';

/** What was ordered, and what the ledger shows of it. */
export class BankBooks {
  /** Orders that were acknowledged. */
  readonly ordered: Map<string, Transfer> = new Map();
  readonly #entries = new Map<string, Entry[]>();
  readonly #balances = new Map<number, number>();
  #count = 0;

  /** Lines of the ledger that were shown. */
  get entries(): number {
    return this.#count;
  }

  /** As many as there are when all is done: the opening, and two of each order. */
  get entriesWanted(): number {
    return accounts + 2 * this.ordered.size;
  }

  shown(entry: Entry): void {
    this.#count += 1;
    const ofTransfer = this.#entries.get(entry.id);
    if (ofTransfer === undefined) this.#entries.set(entry.id, [entry]);
    else ofTransfer.push(entry);
    this.#balances.set(entry.account, (this.#balances.get(entry.account) ?? 0) + entry.amount);
  }

  /** What is wrong once everything is over. */
  problems(): string[] {
    const problems: string[] = [];
    const sum = [...this.#balances.values()].reduce((total, balance) => total + balance, 0);
    if (sum !== accounts * openingAmount) problems.push(`the accounts have ${sum}, not ${accounts * openingAmount}`);
    for (const [id, transfer] of this.ordered) {
      const entries = this.#entries.get(id) ?? [];
      if (!isDone(transfer, entries))
        problems.push(`${JSON.stringify(transfer)} was done as ${JSON.stringify(entries)}`);
    }
    for (const [id, entries] of this.#entries)
      if (id !== 'opening' && !this.ordered.has(id)) problems.push(`nobody has ordered ${JSON.stringify(entries)}`);
    return problems;
  }
}

/** Once, and both halves of it. */
function isDone({ from, to, amount }: Transfer, entries: readonly Entry[]): boolean {
  const [first, second] = entries.toSorted((a, b) => a.amount - b.amount);
  const isTaken = first?.account === from && first.amount === -amount;
  return entries.length === 2 && isTaken && second?.account === to && second.amount === amount;
}
