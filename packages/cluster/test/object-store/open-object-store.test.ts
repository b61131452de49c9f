import { nodeClock } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { openObjectStore } from '../../src/object-store/open-object-store.ts';
import { parseS3Url } from '../../src/object-store/s3/parse-s3-url.ts';

const open = (url: string): string => openObjectStore(url, { clock: nodeClock }).description;
const parse = (url: string): ReturnType<typeof parseS3Url> => parseS3Url(new URL(url));

describe('the URL of an object store', () => {
  it('names a bucket, a folder or memory', () => {
    expect(open('s3://bucket/a/b')).toBe('s3://bucket/a/b');
    expect(open('s3://bucket?endpoint=http://h:9000/&endpoint=https://i')).toBe(
      's3://bucket at http://h:9000, https://i',
    );
    expect(open('folder:/var/lib/q/')).toBe('folder:/var/lib/q');
    expect(open('folder:///var/lib/q')).toBe('folder:/var/lib/q');
    expect(open('memory:')).toBe('memory:');
  });

  it('says how a store of S3 is asked', () => {
    const plain = { bucket: 'bucket', prefix: '', endpoints: [], region: null, isPathStyle: false, hasChecksums: true };
    expect(parse('s3://bucket')).toEqual(plain);
    expect(parse('s3://bucket/')).toEqual(plain);
    expect(parse('s3://bucket/a/B_1?region=eu-west-1&style=path&checksums=off')).toEqual({
      ...plain,
      prefix: 'a/B_1',
      region: 'eu-west-1',
      isPathStyle: true,
      hasChecksums: false,
    });
    expect(parse('s3://bucket?endpoint=http://h').isPathStyle).toBe(true);
    expect(parse('s3://bucket?endpoint=http://h&style=host').isPathStyle).toBe(false);
  });

  it.each([
    ['', /a URL without a scheme names no object store/],
    ['bucket/prefix', /without a scheme/],
    ['http://h/bucket', /'http:' and what is behind it names no object store: s3:\/\/bucket\/prefix/],
    ['memory:x', /'memory:' and what is behind it/],
    ['s3:bucket', /'' is no name of a bucket/],
    ['s3://b', /'b' is no name of a bucket/],
    ['s3://Bucket', /'Bucket' is no name of a bucket/],
    ['s3://host:9000/bucket', /the port of a store belongs to its endpoint/],
    ['s3://bucket/a//b', /'a\/\/b' is no prefix/],
    ['s3://bucket/../b?style=x', /style' is path or host, not 'x'/],
    ['s3://bucket/%00', /no prefix/],
    [`s3://bucket/${'x'.repeat(501)}`, /no prefix of a store: up to 500/],
    ['s3://bucket?endpoint=h:9000', /'h:9000' is no endpoint of a store: https:\/\/host:port/],
    ['s3://bucket?endpoint=http://h?x=1', /must end with its path/],
    ['s3://bucket?endpont=http://h', /no parameter 'endpont'; it has endpoint, region, style, checksums/],
    ['s3://bucket?region=a&region=b', /'region' is there twice/],
    ['s3://bucket?region=EU', /'EU' is no region/],
    [`s3://bucket?${'endpoint=http://h&'.repeat(17)}`, /up to 16 endpoints, not 17/],
    ['folder:relative', /absolute path, such as folder:\/var\/lib\/q; not 'relative'/],
    ['folder:/', /absolute path/],
    ['folder:', /absolute path/],
    ['folder:/a/../b', /absolute path/],
    ['folder://host/a', /has no host/],
  ])('%s is refused, with what is wrong', (url, message) => {
    expect(() => open(url)).toThrow(message);
    expect(() => open(url)).toThrow(expect.objectContaining({ code: 'INVALID_URL' }));
  });

  it.each(['s3://key:hunter2@bucket', 's3://bucket?endpoint=http://key:hunter2@h', 'https://key:hunter2@h/b'])(
    'A2, SEC-15: no secret of %s stands in the error',
    (url) => {
      expect(() => open(url)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') }));
    },
  );
});
