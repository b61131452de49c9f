export const transfersTopic = 'transfers';
export const ledgerTopic = 'ledger';
export const bankGroup = 'bank';
export const partitions = 6;
export const accounts = 50;
/** What each account has at the beginning. */
export const openingAmount = 1_000;

/** An order to move money. */
export interface Transfer {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly amount: number;
}

/** One line of the ledger: what an account gets, or gives. */
export interface Entry {
  readonly id: string;
  readonly account: number;
  readonly amount: number;
  /** Where the order is in its topic, and who carried it out. */
  readonly carriedOut: string;
}

/** The ledger of an account is in one partition, so both entries of a transfer are in two as a rule. */
export function partitionOf(account: number): number {
  return account % partitions;
}

export function encode(value: Transfer | Entry): string {
  return JSON.stringify(value);
}

export function decode<T extends Transfer | Entry>(value: unknown): T {
  return JSON.parse(String(value)) as T;
}
