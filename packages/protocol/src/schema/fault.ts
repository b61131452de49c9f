/**
 * A value that does not fit its field, on the way in or out. It gathers the path of the field while it passes up
 * through arrays and structs, so that a message which is fine costs nothing for paths. Never leaves this package:
 * the frame codecs turn it into a QError.
 */
export class SchemaFault extends Error {
  override readonly name = 'SchemaFault';
  path = '';

  /** The error to throw on, with one more step in front of its path; anything but a fault passes unchanged. */
  static within(error: unknown, step: string): unknown {
    if (error instanceof SchemaFault) error.path = step + error.path;
    return error;
  }
}
