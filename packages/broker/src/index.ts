// Starting a broker
export { startBroker } from './start-broker.ts';
export { defaultAdminPort, defaultPort } from './options.ts';
export type { AdminOptions, BrokerOptions } from './options.ts';
export type { Broker, CloseOptions } from './broker.ts';

// Settings of topics
export { topicSettings } from './topics/topic-config.ts';
export type { Setting, SettingUnit } from './topics/topic-config.ts';

// Limits
export { defaultLimits } from './limits.ts';
export type { BrokerLimits } from './limits.ts';

// Ports
export type { BrokerLogger } from './logger.ts';
export type { Clock, Scheduled } from './clock.ts';
export type { Random } from './random.ts';
export type { ByteStream, ListenOptions, Listener, Network, StreamEvents } from './network/network.ts';

// Adapters
export { nodeClock } from './node-clock.ts';
export { nodeRandom } from './node-random.ts';
export { nodeNetwork } from './network/node-network.ts';
