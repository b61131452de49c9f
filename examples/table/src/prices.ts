import { connect, topic } from '@q/client';
import { z } from 'zod';
import { Table } from './table.ts';

const Prices = topic('prices', { key: z.string(), value: z.object({ cents: z.number().int() }), tombstones: true });

await using q = await connect(process.argv[2] ?? process.env['Q_URL'] ?? 'q://localhost:7420');
await using prices = await Table.open(q, Prices); // caught up from here on

console.log(`${prices.size} prices, a lamp costs ${prices.get('lamp')?.cents ?? 'nothing yet'}`);
await prices.set('lamp', { cents: (prices.get('lamp')?.cents ?? 4800) + 100 });
await prices.set('chair', { cents: 9900 });
await prices.delete('chair');
console.log(`a lamp costs ${prices.get('lamp')?.cents}, a chair ${prices.get('chair')?.cents ?? 'is not sold'}`);
