import { defaultLogConfig, openDirectoryStore } from '@q/storage';
import { FaultyFileSystem, ManualClock, seededRandom } from '@q/testkit';

const clock = new ManualClock();
const disk = new FaultyFileSystem({ random: seededRandom(7) });
const onFatal = (error: Error): void => console.log(`storage ended: ${error.message}`);
const id = { topic: 'orders', topicId: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff', partition: 0 };

const store = await openDirectoryStore({ directory: '/data', fileSystem: disk, clock, onFatal });
await store.open(id, defaultLogConfig);

// Power is lost 3 operations from now: whatever was not synced is kept or lost, sector by sector, as the seed says.
disk.stopAfter(3);
await Promise.race([store.close(), disk.stopped]);
const afterwards = await disk.crash();

const next = await openDirectoryStore({ directory: '/data', fileSystem: afterwards, clock, onFatal });
const log = await next.open(id, defaultLogConfig);
console.log(`${log.state}, ends at offset ${log.logEndOffset}`); // open, ends at offset 0
await next.close();
