/*
 * Loaded into a program with `--import`: `?file=…` gets the longest turn of its event loop, in ms, every 100 ms. In
 * processor time of its thread: what other programs do to a machine that is shared is none of it.
 */
import { appendFileSync } from 'node:fs';

const file = new URL(import.meta.url).searchParams.get('file') ?? '';
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
let last = cpuMs();
let longest = 0;
setInterval(() => {
  const now = cpuMs();
  longest = Math.max(longest, now - last);
  last = now;
}, 1).unref();
setInterval(() => {
  appendFileSync(file, `${longest.toFixed(2)}\n`);
  longest = 0;
}, 100).unref();
