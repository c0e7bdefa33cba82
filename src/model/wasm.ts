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

/** Makes room for so many bytes. Views of the memory before it are of no use after. */
export function ensureBytes(memory: Memory, bytes: number): void {
  const lacking = bytes - memory.buffer.byteLength;
  if (lacking > 0) memory.grow(Math.ceil(lacking / PAGE_BYTES));
}
