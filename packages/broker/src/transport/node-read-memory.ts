import { Socket } from 'node:net';
import type { OnReadOpts, SocketConstructorOpts } from 'node:net';

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
  readonly useUserBuffer?: unknown;
}

let shared: Buffer | null = null;

/**
 * Gives what `accepted` receives to `take`, which must not keep it. The socket to go on with comes back, not reading
 * yet; `accepted` itself may be spent.
 */
export function readThrough(accepted: Socket, take: (chunk: Buffer) => void): Socket {
  const handle = handleOf(accepted);
  if (handle === null) return accepted.on('data', take).pause();
  shared ??= Buffer.allocUnsafeSlow(sharedBytes);
  const onread: OnReadOpts = {
    buffer: shared,
    callback: (bytes, memory) => {
      take((memory as Buffer).subarray(0, bytes));
      return true;
    },
  };
  (accepted as { _handle?: Handle | null })._handle = null;
  accepted.destroy();
  return new Socket({ handle: handle as never, onread, manualStart: true } as SocketConstructorOpts);
}

function handleOf(socket: Socket): Handle | null {
  const { _handle: handle } = socket as { _handle?: Handle | null };
  if (process.platform === 'win32' || typeof handle?.useUserBuffer !== 'function') return null;
  return handle;
}
