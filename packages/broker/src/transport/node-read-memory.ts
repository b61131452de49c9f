import { Socket } from 'node:net';
import type { OnReadOpts, SocketConstructorOpts } from 'node:net';
import type { TLSSocket } from 'node:tls';

/*
 * Node takes 64 KiB of new memory for every read of a socket that it has accepted: garbage by the volume of what
 * arrives, for which V8 collects the whole heap again and again. Sockets that are made by hand can be given memory to
 * read into (`onread`), and read more at a time. So one is made by hand around what was accepted
 * (docs/notes/2026-11-22-one-buffer-for-reads.md).
 *
 * All sockets of a process share the memory: what was read is looked at before anything else is read. Where a read may
 * be under way while nobody looks, as on Windows, and where Node does not show what is inside a socket, everything
 * stays as Node does it.
 */
const sharedBytes = 128 << 10;

/** What a socket reads and writes through; not documented, and there in every version so far. */
interface Handle {
  readonly useUserBuffer?: (memory: Buffer) => void;
}

let shared: Buffer | null = null;

/**
 * Gives what `accepted` receives to `take`, which must not keep it. The socket to go on with comes back, not reading
 * yet; `accepted` itself may be spent.
 */
export function readThrough(accepted: Socket, take: (chunk: Buffer) => void): Socket {
  const handle = handleOf(accepted);
  if (handle === null) return accepted.on('data', take).pause();
  const onread: OnReadOpts = { buffer: sharedMemory(), callback: lent(take) };
  (accepted as { _handle?: Handle | null })._handle = null;
  accepted.destroy();
  return new Socket({ handle: handle as never, onread, manualStart: true } as SocketConstructorOpts);
}

/**
 * As `readThrough`, of a connection that has shaken hands. A socket of TLS cannot be made by hand around what was
 * accepted, so this one is told afterwards, by the fields that `onread` sets. Without it each 16 KiB are memory of
 * their own: 0.37 us of user time a record of 100 bytes instead of 0.10, nearly all for V8's collections.
 */
export function readEncryptedThrough(socket: TLSSocket, take: (chunk: Buffer) => void): void {
  // Also hears what came before, and lets the stream come to its end.
  socket.on('data', take);
  const handle = handleOf(socket);
  const memory = fieldOf(socket, 'kBuffer');
  const callback = fieldOf(socket, 'kBufferCb');
  if (handle === null || memory === undefined || callback === undefined) return;
  Object.assign(socket, { [memory]: sharedMemory(), [callback]: lent(take) });
  handle.useUserBuffer!(sharedMemory());
}

function sharedMemory(): Buffer {
  return (shared ??= Buffer.allocUnsafeSlow(sharedBytes));
}

function lent(take: (chunk: Buffer) => void): OnReadOpts['callback'] {
  return (bytes, memory) => {
    take((memory as Buffer).subarray(0, bytes));
    return true;
  };
}

/** What Node keeps under a symbol of its own. */
function fieldOf(socket: Socket, name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(socket).find(({ description }) => description === name);
}

function handleOf(socket: Socket): Handle | null {
  const { _handle: handle } = socket as { _handle?: Handle | null };
  if (process.platform === 'win32' || typeof handle?.useUserBuffer !== 'function') return null;
  return handle;
}
