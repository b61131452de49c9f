import { ClusterError } from '../../cluster-error.ts';
import { clusterLimits } from '../../limits.ts';
import type { S3Settings } from './s3-settings.ts';

const bucketPattern = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const prefixPattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const regionPattern = /^[a-z0-9-]{1,40}$/;

/**
 * `s3://bucket/prefix?endpoint=https://host:port&region=…&style=path|host&checksums=on|off`. Throws a ClusterError
 * INVALID_URL that says what is wrong.
 */
export function parseS3Url(url: URL): S3Settings {
  if (url.username !== '' || url.password !== '')
    throw invalid(
      'credentials do not belong into the URL of a store: they are taken from the environment or from ~/.aws',
    );
  if (url.port !== '')
    throw invalid(`the port of a store belongs to its endpoint: s3://${url.hostname}?endpoint=http://host:${url.port}`);
  const bucket = url.hostname;
  if (!bucketPattern.test(bucket))
    throw invalid(
      `'${bucket}' is no name of a bucket: s3://bucket/prefix, with 3 to 63 small letters, digits, '-' and '.'`,
    );
  const parameters = parametersOf(url);
  const endpoints = (parameters.get('endpoint') ?? []).map(checkEndpoint);
  if (endpoints.length > clusterLimits.endpointsMax)
    throw invalid(`a store has up to ${clusterLimits.endpointsMax} endpoints, not ${endpoints.length}`);
  const style = oneOf(parameters, 'style', ['path', 'host']) ?? (endpoints.length > 0 ? 'path' : 'host');
  return {
    bucket,
    prefix: prefixOf(url),
    endpoints,
    region: regionOf(parameters),
    isPathStyle: style === 'path',
    hasChecksums: oneOf(parameters, 'checksums', ['on', 'off']) !== 'off',
  };
}

const parameterNames = ['endpoint', 'region', 'style', 'checksums'];

function parametersOf(url: URL): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [name, value] of url.searchParams) {
    if (!parameterNames.includes(name))
      throw invalid(`a store of S3 has no parameter '${name}'; it has ${parameterNames.join(', ')}`);
    const values = found.get(name) ?? [];
    if (values.length > 0 && name !== 'endpoint') throw invalid(`the parameter '${name}' is there twice`);
    found.set(name, [...values, value]);
  }
  return found;
}

function prefixOf(url: URL): string {
  const prefix = url.pathname.replace(/^\//, '').replace(/\/$/, '');
  if (prefix === '') return '';
  const max = clusterLimits.prefixCharactersMax;
  if (prefix.length > max || !prefixPattern.test(prefix))
    throw invalid(
      `'${prefix}' is no prefix of a store: up to ${max} letters, digits, '-', '_' and '.', in parts with '/' between`,
    );
  return prefix;
}

function checkEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw invalid(`'${text}' is no endpoint of a store: https://host:port`);
  if (url.username !== '' || url.password !== '') throw invalid('credentials do not belong into an endpoint');
  if (url.search !== '' || url.hash !== '') throw invalid(`the endpoint '${text}' must end with its path`);
  return url.href.replace(/\/$/, '');
}

function regionOf(parameters: Map<string, string[]>): string | null {
  const region = parameters.get('region')?.[0] ?? null;
  if (region !== null && !regionPattern.test(region)) throw invalid(`'${region}' is no region`);
  return region;
}

function oneOf<T extends string>(parameters: Map<string, string[]>, name: string, allowed: readonly T[]): T | null {
  const value = parameters.get(name)?.[0];
  if (value === undefined) return null;
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw invalid(`the parameter '${name}' is ${allowed.join(' or ')}, not '${value}'`);
  return found;
}

function invalid(message: string): ClusterError {
  return new ClusterError('INVALID_URL', message);
}
