import { expect, it } from 'vitest';
import { BankBooks } from './bank-books.ts';
import { accounts, openingAmount } from './bank-topics.ts';

const carriedOut = '0/7 by 1 in process 99';

function opened(): BankBooks {
  const books = new BankBooks();
  for (let account = 0; account < accounts; account += 1)
    books.shown({ id: 'opening', account, amount: openingAmount, carriedOut });
  books.ordered.set('1', { id: '1', from: 3, to: 4, amount: 10 });
  return books;
}

const taken = { id: '1', account: 3, amount: -10, carriedOut };
const given = { id: '1', account: 4, amount: 10, carriedOut };

it.each([
  ['a transfer that was done', [taken, given], 0],
  ['one that was not', [], 1],
  ['a half of one', [taken], 2],
  ['one that was done twice', [taken, given, taken, given], 1],
  ['one to another account', [taken, { ...given, account: 5 }], 1],
  ['one that nobody has ordered', [taken, given, { ...taken, id: '2' }, { ...given, id: '2' }], 1],
])('X2 the books tell %s', (_, entries, problems) => {
  const books = opened();
  for (const entry of entries) books.shown(entry);
  expect(books.problems()).toHaveLength(problems);
  expect(books.entries).toBe(accounts + entries.length);
});
