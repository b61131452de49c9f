// Loaded before an example (`pnpm example FILE`): what goes wrong is one line with its code, not a stack trace.
const hintMs = 2000;

// An example that waits for its broker says nothing of it, and the client tries for ten seconds.
setTimeout(() => {
  if (process.stdout.bytesWritten !== 0) return;
  process.stderr.write('nothing yet; does a broker run? (pnpm start; Q_URL names another one)\n');
}, hintMs).unref();

process.on('uncaughtException', (error: unknown) => {
  process.stderr.write(`${lineOf(error)}\n`);
  process.exit(1);
});

function lineOf(error: unknown): string {
  // What is closed at the end of a block may fail as well; what came first says why.
  if (error instanceof SuppressedError) return lineOf(error.suppressed);
  if (!(error instanceof Error)) return String(error);
  if ('code' in error) return `${String(error.code)}: ${error.message.replaceAll(/\s*\n\s*/g, ' ')}`;
  return error.stack ?? error.message;
}
