// Network faults over real sockets.
export { TcpProxy } from './tcp-proxy.ts';
export type { TcpTarget } from './tcp-proxy.ts';

// A broker in its own process.
export { BrokerProcess } from './broker-process.ts';
export type { BrokerProcessOptions, ProcessEnd } from './broker-process.ts';
