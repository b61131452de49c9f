import { readFileSync } from 'node:fs';

/** How many files and connections this process may have open, or null where that is not known, or not limited. */
export function readDescriptorLimit(): number | null {
  const limit = fromProc() ?? fromReport();
  return limit !== null && Number.isSafeInteger(limit) && limit > 0 ? limit : null;
}

/** The same while it runs, without what takes long. `none left`: there is no descriptor to ask with. */
export function lookAtDescriptorLimit(): number | 'none left' | null {
  try {
    return parseLimit(readFileSync('/proc/self/limits', 'utf8'));
  } catch (error) {
    return ['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '') ? 'none left' : null;
  }
}

function parseLimit(limits: string): number | null {
  const soft = Number(/^Max open files\s+(\S+)/m.exec(limits)?.[1]);
  return Number.isSafeInteger(soft) && soft > 0 ? soft : null;
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
