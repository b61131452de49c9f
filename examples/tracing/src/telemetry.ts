import { NodeSDK } from '@opentelemetry/sdk-node';

// Loaded before the program (`--import`), so that the SDK is there when the client connects. Where the traces go, and
// under which name, the variables say: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME.
const sdk = new NodeSDK();
sdk.start();

// Spans leave in batches, and the last one when the program has nothing more to do. A collector that cannot be reached
// is no reason to fail.
process.once('beforeExit', () => {
  sdk.shutdown().catch((error: unknown) => console.error('the last spans are lost:', error));
});
