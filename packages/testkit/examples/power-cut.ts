import { FaultyFileSystem, seededRandom } from '@q/testkit';

const disk = new FaultyFileSystem({ random: seededRandom(7) });
await disk.makeDirectory('/data');
const file = await disk.open('/data/log', 'create');
await file.write([Buffer.from('synced. ')], 0);
await file.datasync();
await disk.syncDirectory('/data');
await disk.syncDirectory('/');
await file.write([Buffer.from('not synced.')], 8);

// The process still sees what it wrote. Whoever starts after the power cut does not.
console.log((await disk.readFile('/data/log')).toString()); // synced. not synced.
const afterwards = await disk.crash('all');
console.log((await afterwards.readFile('/data/log')).toString()); // synced.
