// Network faults over real sockets.
export { TcpProxy } from './tcp-proxy.ts';
export type { TcpTarget } from './tcp-proxy.ts';
