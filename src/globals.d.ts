// Part of the build: names that the bundler and vite fill in.
declare const SIDECAST_VERSION: string | undefined;
/** Where the bundle's worker threads start, relative to the importing module; sources have none. */
declare const SIDECAST_WORKERS: string | undefined;
/** Where the bundle has vendors' code that few starts need, relative to the importing module. */
declare const SIDECAST_VENDORS: string | undefined;
declare module '*.proto?raw' {
  const text: string;
  export default text;
}
/** What of the language's own WebAssembly is used here; its types come with the DOM's only. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
  }
}
