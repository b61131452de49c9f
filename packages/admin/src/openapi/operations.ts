/** Where the document is to be had. It describes all operations, and so is made of them, and not one of them. */
import { z } from 'zod';
import { json, operation } from '../operation/operation.ts';
import type { AnyOperation } from '../operation/operation.ts';
import { openApiDocument } from './document.ts';
import type { OpenApiDocument } from './document.ts';

/** Made with the first request for it. */
export function openApiOperation(described: readonly AnyOperation[], version: string): AnyOperation {
  let document: OpenApiDocument | null = null;
  const own: AnyOperation = operation({
    id: 'getOpenApi',
    method: 'get',
    path: '/api/v1/openapi.json',
    tag: 'openapi',
    summary: 'This document.',
    answer: json(z.record(z.string(), z.unknown())),
    handle: () => (document ??= openApiDocument([...described, own], { version })),
  });
  return own;
}
