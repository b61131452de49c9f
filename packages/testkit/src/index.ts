// Time and chance that a test controls.
export { ManualClock } from './manual-clock.ts';
export { timeOverSockets } from './time-over-sockets.ts';
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

// What was promised, and what is there.
export { History } from './checker/history.ts';
export type { SendOutcome } from './checker/history.ts';
export { findViolations } from './checker/find-violations.ts';
export type { FinalState } from './checker/final-state.ts';
export { formatLog, formatValue } from './checker/violation.ts';
export type { Position, ReadRecord, Violation, ViolationKind } from './checker/violation.ts';

// One process that is many: what a simulation is made of.
export { ProcessClock } from './simulation/process-clock.ts';
export { SimulatedNetwork } from './simulation/simulated-network.ts';
export { Trace } from './simulation/trace.ts';
export { calm } from './simulation/weather.ts';
export type { Weather } from './simulation/weather.ts';

// What a rig reports.
export { failureRateMax } from './rig-report.ts';
export type { RigFailure, RigReport } from './rig-report.ts';
