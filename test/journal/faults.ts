// Part of the tests: a file system that fails where it is told to: at the n-th call, at every call of a kind, or for good.
import { type Files, nodeFiles, type OpenFile } from '../../src/journal/disk/files.ts';

export type Code = 'ENOSPC' | 'EIO' | 'EROFS' | 'EACCES';

/** One call, as it is counted. */
export interface Call {
  /** 1, 2, 3, ... over all operations. */
  number: number;
  operation: keyof Files | `file.${keyof OpenFile}`;
  path: string;
}

/** `wrote`: a write leaves that share of its bytes behind, whether it then fails or not. `zeros`: a read finds nothing else. */
export interface Fault {
  code?: Code;
  wrote?: number;
  zeros?: boolean;
}

export interface FaultyFiles extends Files {
  readonly calls: readonly Call[];
  /** Asked at every call. */
  fault: (call: Call) => Fault | undefined;
  /** Resolves when no call has been under way for a while. */
  quiet(): Promise<void>;
  /** Nothing reaches the disk any more, as after kill -9. */
  kill(): void;
}

/** So often nothing has happened: zlib's threads, which are the file system's as well, have come to an end. */
const QUIET_LOOKS = 10;

export function createFaultyFiles(): FaultyFiles {
  const calls: Call[] = [];
  let underWay = 0;
  let isKilled = false;

  function check(operation: Call['operation'], path: string): Fault {
    if (isKilled) throw failure('EIO', operation, path);
    const call = { number: calls.length + 1, operation, path };
    calls.push(call);
    const fault = faulty.fault(call) ?? {};
    if (fault.code && fault.wrote === undefined) throw failure(fault.code, operation, path);
    return fault;
  }

  async function counted<T>(operation: Call['operation'], path: string, run: () => Promise<T>): Promise<T> {
    check(operation, path);
    return during(run);
  }

  async function during<T>(run: () => Promise<T>): Promise<T> {
    underWay += 1;
    try {
      return await run();
    } finally {
      underWay -= 1;
    }
  }

  function opened(file: OpenFile, path: string): OpenFile {
    return {
      bytes: file.bytes,
      write(buffers, offset) {
        const { code, wrote } = check('file.write', path);
        if (wrote === undefined) return file.write(buffers, offset);
        const bytes = Buffer.concat(buffers);
        const part = bytes.subarray(0, Math.max(1, Math.floor(bytes.length * wrote)));
        const written = file.write([part], offset);
        if (code) throw failure(code, 'write', path);
        return written;
      },
      async read(into, offset) {
        const { zeros } = check('file.read', path);
        const bytes = await during(() => file.read(into, offset));
        if (zeros) into.fill(0, 0, bytes);
        return bytes;
      },
      // No power is lost in tests: that it was asked for is enough.
      sync: () => counted('file.sync', path, async () => undefined),
      truncate: (bytes) => counted('file.truncate', path, () => file.truncate(bytes)),
      isLinked: () => file.isLinked(),
      // The process ends or goes on, but descriptors do not leak in tests.
      close: () => during(() => file.close()),
    };
  }

  const faulty: FaultyFiles = {
    calls,
    fault: () => undefined,
    makeDirectory: (path) => counted('makeDirectory', path, () => nodeFiles.makeDirectory(path)),
    list: (path) => counted('list', path, () => nodeFiles.list(path)),
    open: (path, how) => counted('open', path, async () => opened(await nodeFiles.open(path, how), path)),
    readText: (path) => counted('readText', path, () => nodeFiles.readText(path)),
    appendText: async (path, text) => {
      const { code, wrote } = check('appendText', path);
      const part = wrote === undefined ? text : text.slice(0, Math.floor(text.length * wrote));
      await during(() => nodeFiles.appendText(path, part));
      if (code) throw failure(code, 'append', path);
    },
    modifiedAtMs: (path) => counted('modifiedAtMs', path, () => nodeFiles.modifiedAtMs(path)),
    rename: (from, to) => counted('rename', to, () => nodeFiles.rename(from, to)),
    remove: (path) => counted('remove', path, () => nodeFiles.remove(path)),
    syncDirectory: (path) => counted('syncDirectory', path, async () => undefined),
    async quiet() {
      for (let looks = 0; looks < QUIET_LOOKS; looks += 1) {
        const before = calls.length;
        // A task for the threads, and a turn of the event loop.
        await nodeFiles.modifiedAtMs('/');
        await new Promise((resolve) => setImmediate(resolve));
        if (underWay > 0 || calls.length > before) looks = 0;
      }
    },
    kill() {
      isKilled = true;
    },
  };
  return faulty;
}

function failure(code: Code, operation: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${operation} '${path}'`), { code });
}
