import type * as S3 from '@aws-sdk/client-s3';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3Settings } from './s3-settings.ts';

/** The library: 26 packages and 160 ms, for those alone who open a store of S3. */
export type S3Library = typeof S3;

/** Clients for each address of a store. */
export interface S3Clients {
  readonly library: S3Library;
  /** One for each endpoint, at least one. */
  readonly clients: readonly S3Client[];
}

const silent = (): void => undefined;
/** The library writes warnings to the console of whoever uses it. What goes wrong here is in the results. */
const noLogger = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

const connectionsMax = 64;

export async function openS3Clients(settings: S3Settings): Promise<S3Clients> {
  const library = await import('@aws-sdk/client-s3');
  const endpoints = settings.endpoints.length === 0 ? [null] : settings.endpoints;
  const clients: S3Client[] = [];
  for (const endpoint of endpoints) {
    const config: S3ClientConfig = {
      ...(endpoint === null ? {} : { endpoint }),
      ...(settings.region === null ? {} : { region: settings.region }),
      forcePathStyle: settings.isPathStyle,
      // A try of its own meets the object that the first one has stored, and reports it as another's.
      maxAttempts: 1,
      // What is stored has checksums of its own; one of the whole body goes with it where the store takes it.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      // Else each large body gets a connection of its own, and asks first whether it may come.
      expectContinueHeader: false,
      logger: noLogger,
      requestHandler: { httpAgent: { maxSockets: connectionsMax }, httpsAgent: { maxSockets: connectionsMax } },
    };
    const client = new library.S3Client(config);
    const needsRegion = endpoint !== null && settings.region === null && !(await hasRegion(client));
    clients.push(needsRegion ? new library.S3Client({ ...config, region: 'us-east-1' }) : client);
  }
  return { library, clients };
}

async function hasRegion(client: S3Client): Promise<boolean> {
  try {
    return (await client.config.region()) !== '';
  } catch {
    // Neither the environment nor a profile names one.
    return false;
  }
}

/** What must not get into an error. */
export async function secretsOf(client: S3Client): Promise<string[]> {
  try {
    const { secretAccessKey, sessionToken } = await client.config.credentials();
    return [secretAccessKey, sessionToken].filter((secret) => secret !== undefined && secret !== '') as string[];
  } catch {
    // Who has none can leak none.
    return [];
  }
}
