// Part of the model: WebAssembly of our own, for what processor instructions do for which JavaScript has no words.
import { setFlagsFromString } from 'node:v8';

const modules = new Map<string, WebAssembly.Module>();

/**
 * By V8's optimizing compiler at once: other modules never need that one (app/memory.ts). It compiles lazily on Node 24, so `warmUp`
 * calls each function.
 */
export function instantiate<Exports>(base64: string, warmUp: (exports: Exports) => void): Exports {
  setFlagsFromString('--no-liftoff');
  try {
    const module = modules.get(base64) ?? new WebAssembly.Module(Buffer.from(base64, 'base64'));
    modules.set(base64, module);
    const exports = new WebAssembly.Instance(module).exports as unknown as Exports;
    warmUp(exports);
    return exports;
  } finally {
    setFlagsFromString('--liftoff');
  }
}

/** Node's types leave `grow` out. */
export type Memory = WebAssembly.Memory & { grow(pages: number): number };

const PAGE_BYTES = 64 * 1024;

/**
 * An instance with so many bytes of memory: always the same one up to `maxKeptBytes`; what is larger gets one of its own, for memory
 * never shrinks. It may have grown: views of its memory from before are of no use then.
 */
export function instancesOf<Exports extends { memory: Memory }>(
  open: () => Exports,
  maxKeptBytes: number,
): (bytes: number) => Exports {
  let kept: Exports | undefined;
  return (bytes) => {
    const isKept = bytes <= maxKeptBytes;
    const exports = (isKept ? kept : undefined) ?? open();
    if (isKept) kept = exports;
    const lacking = bytes - exports.memory.buffer.byteLength;
    if (lacking > 0) exports.memory.grow(Math.ceil(lacking / PAGE_BYTES));
    return exports;
  };
}
