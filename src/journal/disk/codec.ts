// Part of the journal: how blocks of a sealed segment are compressed: zstd where Node has it (22.15 and later), else gzip, at
// level 1 both. A 16 MiB segment costs 10 ms of a core with zstd and 76 ms with gzip (measured). What zstd wrote an older Node
// cannot read: it refuses to start on such a directory, and says so, because the data is whole and a newer Node delivers it.
import type { Transform } from 'node:stream';
import zlib, { constants, createGunzip, createGzip } from 'node:zlib';

export type Method = 'gzip' | 'zstd';

/** In the file. */
export const METHOD_NUMBERS: Readonly<Record<Method, number>> = { gzip: 1, zstd: 2 };

/** What Node's types of version 20 lack, and the fields in which its streams keep their output (since 0.11). */
interface ZlibStream extends Transform {
  flush(kind: number, done: () => void): void;
  reset(): void;
  _outBuffer: Buffer;
  _outOffset: number;
  _chunkSize: number;
}
type Create = (options: object) => ZlibStream;

const native = zlib as unknown as {
  createZstdCompress?: Create;
  createZstdDecompress?: Create;
  constants: { ZSTD_c_compressionLevel?: number; ZSTD_e_end?: number };
};

export const bestMethod: Method = native.createZstdCompress ? 'zstd' : 'gzip';

export function canInflate(method: Method): boolean {
  return method === 'gzip' || native.createZstdDecompress !== undefined;
}

const LEVEL = 1;
/** Of the buffer that Node makes and that ours takes the place of. */
const MIN_CHUNK_BYTES = constants.Z_MIN_CHUNK;

/**
 * One block after the other through one of zlib's streams, on zlib's threads. Left to itself Node makes an output buffer for each
 * block, outside V8's heap, which collects it late: 100 MiB more of resident memory, measured. So its stream is given our buffer;
 * a Node that keeps its output elsewhere costs that memory and a copy.
 */
export class Codec {
  readonly #create: () => ZlibStream;
  /** Ends a block; inflating ends by itself. */
  readonly #end: number | undefined;
  #stream: ZlibStream | undefined;

  private constructor(create: () => ZlibStream, end?: number) {
    this.#create = create;
    this.#end = end;
  }

  static deflate(method: Method): Codec {
    const { createZstdCompress, constants: zstd } = native;
    const options = { level: LEVEL, chunkSize: MIN_CHUNK_BYTES };
    if (method === 'gzip')
      return new Codec(() => createGzip(options) as unknown as ZlibStream, constants.Z_FINISH);
    const params = { [zstd.ZSTD_c_compressionLevel ?? 0]: LEVEL };
    return new Codec(
      () => present(createZstdCompress)({ params, chunkSize: MIN_CHUNK_BYTES }),
      zstd.ZSTD_e_end,
    );
  }

  static inflate(method: Method): Codec {
    const options = { chunkSize: MIN_CHUNK_BYTES };
    if (method === 'gzip') return new Codec(() => createGunzip(options) as unknown as ZlibStream);
    return new Codec(() => present(native.createZstdDecompress)(options));
  }

  /** The result is the beginning of `into`, where it must fit. Not to be called again before it has resolved. */
  async run(bytes: Uint8Array, into: Buffer): Promise<Buffer> {
    const stream = this.#stream ?? this.#create();
    // After an error there is none.
    this.#stream = undefined;
    stream._outBuffer = into;
    stream._outOffset = 0;
    stream._chunkSize = into.length;
    let filled = 0;
    let isTooLong = false;
    const take = (part: Buffer) => {
      isTooLong ||= filled + part.length > into.length;
      if (part.buffer !== into.buffer && !isTooLong) into.set(part, filled);
      filled += part.length;
    };
    stream.on('data', take);
    try {
      await this.#through(stream, bytes);
    } finally {
      stream.off('data', take);
    }
    if (isTooLong) throw new Error('the block is longer than it was');
    stream.reset();
    this.#stream = stream;
    return into.subarray(0, filled);
  }

  #through(stream: ZlibStream, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(error);
      const done = () => {
        stream.off('error', fail);
        resolve();
      };
      stream.once('error', fail);
      stream.write(bytes, (error) => {
        if (error) return;
        if (this.#end === undefined) done();
        else stream.flush(this.#end, done);
      });
    });
  }
}

function present(create: Create | undefined): Create {
  if (!create) throw new Error('this Node has no zstd');
  return create;
}
