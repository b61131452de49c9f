import { readFileSync } from 'node:fs';

/** How many files and connections this process may have open, or null where that is not known, or not limited. */
export function readDescriptorLimit(): number | null {
  const limit = fromProc() ?? fromReport();
  return limit !== null && Number.isSafeInteger(limit) && limit > 0 ? limit : null;
}

function fromProc(): number | null {
  try {
    const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? null : Number(soft);
  } catch {
    // Not every system has such a file.
    return null;
  }
}

interface Report {
  readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } };
}

/** Slower, and not in every runtime. */
function fromReport(): number | null {
  const report = process.report as NodeJS.ProcessReport | undefined;
  const found: Report | undefined = report?.getReport();
  const limit = found?.userLimits?.open_files?.soft;
  return typeof limit === 'number' ? limit : null;
}
