import { LocalRegistry } from './registry.ts';
await using r = await LocalRegistry.start({ url: process.argv[2]!, ...(process.argv[3] ? { caFile: process.argv[3] } : {}) });
console.log(r.url);
const a = await fetch(r.url + 'ms'); console.log(a.status, ((await a.json()) as any)['dist-tags']);
const b = await fetch(r.url + '@q%2fclient'); console.log(b.status, await b.text());
