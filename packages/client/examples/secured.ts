import { readFileSync } from 'node:fs';
import { connect } from '@q/client';

const [url = 'qs://127.0.0.1:7420', ca = 'secure/ca.pem', password = 'shop.password'] = process.argv.slice(2);

await using q = await connect(url, {
  tls: { ca: readFileSync(ca, 'utf8') }, // without it, the authorities that Node trusts
  login: { username: 'shop', password: readFileSync(password, 'utf8').trim() },
});

await using producer = q.producer();
const { offset } = await producer.send('orders-eu', { key: 'customer-7', value: 'two lamps' });
console.log(`stored at offset ${offset}`); // stored at offset 0
