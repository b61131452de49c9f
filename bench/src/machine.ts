import { statfs } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';

/** What the numbers depend on; nothing in it names the machine. */
export interface Machine {
  readonly cpuModel: string;
  readonly cpuCount: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly kernel: string;
  readonly fileSystem: string;
}

// The `f_type` numbers of statfs(2) that are likely here.
const fileSystems: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x01021994: 'tmpfs',
  0x794c7630: 'overlayfs',
};

export async function describeMachine(directory: string): Promise<Machine> {
  const processors = cpus();
  const { type } = await statfs(directory);
  return {
    cpuModel: processors[0]?.model ?? 'unknown',
    cpuCount: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    kernel: release(),
    fileSystem: fileSystems[type] ?? `file system 0x${type.toString(16)}`,
  };
}
