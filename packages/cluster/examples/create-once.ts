import { MemoryBucket, MemoryObjectStore } from '@q/cluster';
import { nodeClock } from '@q/storage';

const bucket = new MemoryBucket({ clock: nodeClock, next: Math.random });
await using store = new MemoryObjectStore(bucket, { clock: nodeClock });
const call = { timeoutMs: 5_000 };

console.log((await store.create('s/0a/0', Buffer.from('mine'), call)).outcome); // created
console.log((await store.create('s/0a/0', Buffer.from('yours'), call)).outcome); // taken
const found = await store.get('s/0a/0', call);
console.log(found.outcome === 'found' ? found.bytes.toString() : found.outcome); // mine
