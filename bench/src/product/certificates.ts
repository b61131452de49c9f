import { fileURLToPath } from 'node:url';

/** Those of the tests: of a broker on 127.0.0.1, and of the authority that it is from. */
const certificate = (name: string): string =>
  fileURLToPath(new URL(`../../../tests/security/certificates/${name}`, import.meta.url));

export const tlsFiles: { readonly certFile: string; readonly keyFile: string } = {
  certFile: certificate('valid.pem'),
  keyFile: certificate('valid.key'),
};
export const caFile: string = certificate('ca.pem');
