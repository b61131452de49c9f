import type { TLSSocket } from 'node:tls';

const answerMs = 1_000;

/**
 * Whether what listens there answers to TLS. For words alone, after a connection without it has failed: nothing is
 * sent, and nothing that comes is believed.
 */
export function speaksTls({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> {
  const { connect } = process.getBuiltinModule('node:tls');
  return new Promise((resolve) => {
    const socket: TLSSocket = connect({ host, port, rejectUnauthorized: false });
    const end = (speaks: boolean): void => {
      socket.destroy();
      resolve(speaks);
    };
    socket.setTimeout(answerMs, () => end(false));
    socket.once('secureConnect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}
