import { NestFactory } from '@nestjs/core';
import { AppModule } from './app-module.ts';
import { QServer } from './q-server.ts';

const url = process.env['Q_URL'] ?? 'q://localhost:7420';
const server = new QServer({ url, group: 'packing', concurrency: 8 });
const app = await NestFactory.createMicroservice(AppModule.forRoot(url), { strategy: server });

// SIGTERM closes the server first, then the module's client, and ends with exit code 0.
app.enableShutdownHooks([], { useProcessExit: true });
server.on('stopped', () => {
  process.exitCode = 1; // an event could not be handled: end, be restarted, and try again
  void app.close();
});
await app.listen();
