// Time and chance that a test controls.
export { ManualClock } from './manual-clock.ts';
export type { ManualClockOptions } from './manual-clock.ts';
export { SeededRandom, seededRandom } from './seeded-random.ts';

// Wrong inputs out of right ones.
export { Mutator } from './mutator.ts';

// A disk that fails as disks do.
export { FaultyFileSystem } from './faulty-file-system/faulty-file-system.ts';
export type { CrashLoss, FaultyFileSystemOptions } from './faulty-file-system/faulty-file-system.ts';
export type { DiskOperation, Fault, FaultPlan, Hold } from './faulty-file-system/faults.ts';

// Network faults over real sockets.
export { TcpProxy } from './tcp-proxy.ts';
export type { TcpTarget } from './tcp-proxy.ts';

// A broker in its own process.
export { BrokerProcess } from './broker-process.ts';
export type { BrokerProcessOptions, ProcessEnd } from './broker-process.ts';

// What a rig reports.
export { failureRateMax } from './rig-report.ts';
export type { RigFailure, RigReport } from './rig-report.ts';
