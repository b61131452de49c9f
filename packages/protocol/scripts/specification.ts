import { apis, errorTable, protocolLimits } from '../src/index.ts';
import type { ErrorEntry, ProtocolLimits, ScalarName, StructShape } from '../src/index.ts';
import { errorBody } from '../src/frame/error-response.ts';
import { recordBatchLayout } from './record-batch-layout.ts';
import type { LayoutField, RecordBatchLayout } from './record-batch-layout.ts';

/** Every limit but that on copies, which is no matter of the wire. */
type WireLimit = Exclude<keyof ProtocolLimits, 'bytesByReferenceMin' | 'recordsPerSliceMax'>;

type KindName = ScalarName | 'array' | 'nullableArray' | 'struct' | 'varint';

/** How each kind of field is written. The type makes sure that none is forgotten. */
const kinds: Readonly<Record<KindName, string>> = {
  varint: 'Unsigned LEB128 of at most 32 bits, low 7 bits first. Only the shortest form is valid.',
  bool: '1 byte: 0 or 1, nothing else.',
  i8: '1 byte, two’s complement.',
  i16: '2 bytes, big-endian, two’s complement.',
  i32: '4 bytes, big-endian, two’s complement.',
  i64: '8 bytes, big-endian, two’s complement. Always within ±(2^53-1); anything else is refused.',
  u16: '2 bytes, big-endian.',
  u32: '4 bytes, big-endian.',
  string: 'Length in bytes as varint, then UTF-8. Invalid UTF-8 is refused.',
  bytes: 'Length as varint, then the bytes.',
  uuid: '16 bytes; as text xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx in lower case.',
  nullableString: 'Length + 1 as varint, then UTF-8; 0 = null.',
  nullableBytes: 'Length + 1 as varint, then the bytes; 0 = null.',
  array: 'Count as varint, then the elements.',
  nullableArray: 'Count + 1 as varint, then the elements; 0 = null.',
  struct:
    'Its fields, one after another, with nothing between them. A field is there from version `since` of the API on.',
};

const limits: Readonly<Record<WireLimit, string>> = {
  frameBytesMin: 'Smallest payload of a frame, in bytes.',
  helloFrameBytesMax: 'Largest payload of a frame before HELLO is answered, in bytes.',
  frameBytesMax: 'Default for the largest payload of a frame, in bytes; HELLO tells the one in force.',
  stringBytesMax: 'Longest string in a message, in bytes of UTF-8.',
  arrayElementsMax: 'Most array elements in one message, all its arrays together.',
  errorMessageCharactersMax: 'Longest text in an error answer, in UTF-16 units.',
  errorDetailsMax: 'Most details in an error answer.',
  topicNameCharactersMax: 'Longest topic name, in characters.',
  batchBytesMax:
    'Default for the largest record batch, in bytes; METADATA tells the one of each topic (maxMessageBytes).',
  uncompressedBytesMax: 'Largest records section of a batch after decompression, in bytes.',
  recordsPerBatchMax: 'Most records in a batch.',
  zstdFramesMax: 'Most zstd frames in the records section of a batch; one is usual.',
};

const frameHeader: Readonly<Record<'request' | 'response', readonly LayoutField[]>> = {
  request: [
    { at: 0, name: 'length', type: 'u32', doc: 'Bytes that follow this field.' },
    { at: 4, name: 'apiKey', type: 'u16', doc: 'Which API.' },
    { at: 6, name: 'apiVersion', type: 'u16', doc: 'Which version of it, for the request and its answer.' },
    { at: 8, name: 'correlationId', type: 'u32', doc: 'Any number; comes back in the answer.' },
    { at: 12, name: 'body', type: 'struct', doc: 'The request struct of the API.' },
  ],
  response: [
    { at: 0, name: 'length', type: 'u32', doc: 'Bytes that follow this field.' },
    { at: 4, name: 'correlationId', type: 'u32', doc: 'The number of the request.' },
    { at: 8, name: 'errorCode', type: 'i16', doc: '0, or the number of an error.' },
    {
      at: 10,
      name: 'body',
      type: 'struct',
      doc: 'errorCode 0: the response struct of the API. Any other: the error body, whatever the API and version.',
    },
  ],
};

const connection: readonly string[] = [
  'Connect by TCP. The first request is HELLO; send nothing else before its answer. Frames have at most 64 KiB until then.',
  'HELLO is asked in the highest version that you speak. When the broker refuses it with UNSUPPORTED_VERSION, the details minVersion and maxVersion tell its range: ask again on the same connection.',
  'The answer lists every API with its versions: use the highest that both sides speak. It also tells the largest frame and how many requests may be unanswered.',
  'Any number of requests, up to that limit, may be under way. Answers come in any order: match them by correlationId. PRODUCE requests for one partition take effect in the order in which they were sent on a connection.',
  'An answer with an errorCode other than 0 is about the whole request. PRODUCE, FETCH, LIST_OFFSETS, METADATA and DELETE_RECORDS also have error codes for each partition or topic.',
  'A frame that is too large or not well formed is answered with an error (correlationId 0 when its own could not be read); then the broker closes the connection, because nothing that follows can be trusted.',
  'Errors of kind retry may be retried as they are after a pause. Unknown error numbers come from a newer broker: treat them as UNKNOWN.',
];

const jsonForm: readonly string[] = [
  'Integers of every size, i64 included, are JSON numbers: they never exceed ±(2^53-1).',
  'bytes are text of hexadecimal digits in lower case; null stays null.',
  'uuid, string, bool, array and struct are what one expects: text, text, true or false, array, object.',
];

export interface Specification {
  readonly name: string;
  /** Version of this document's own shape. */
  readonly specificationVersion: number;
  readonly connection: readonly string[];
  readonly frameHeader: typeof frameHeader;
  readonly errorBody: StructShape;
  readonly kinds: typeof kinds;
  readonly jsonForm: readonly string[];
  readonly apis: readonly ApiSpecification[];
  readonly errors: readonly ErrorEntry[];
  readonly recordBatch: RecordBatchLayout;
  readonly limits: readonly { readonly name: string; readonly value: number; readonly doc: string }[];
}

export interface ApiSpecification {
  readonly key: number;
  readonly name: string;
  readonly doc: string;
  readonly versions: { readonly min: number; readonly max: number };
  readonly request: StructShape;
  readonly response: StructShape;
}

/** The protocol as data, made from the declarations that the codec itself uses. */
export function specification(): Specification {
  return {
    name: 'q native protocol',
    specificationVersion: 1,
    connection,
    frameHeader,
    errorBody: errorBody.shape,
    kinds,
    jsonForm,
    apis: apis.map(({ key, name, doc, versions, request, response }) => ({
      key,
      name,
      doc,
      versions,
      request: request.shape,
      response: response.shape,
    })),
    errors: errorTable,
    recordBatch: recordBatchLayout,
    limits: Object.entries(limits).map(([name, doc]) => ({ name, value: protocolLimits[name as WireLimit], doc })),
  };
}
