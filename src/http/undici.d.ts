// Part of http: undici has types for its index only.
declare module 'undici/lib/dispatcher/pool.js' {
  // biome-ignore lint/style/noDefaultExport: as undici has it
  export { Pool as default } from 'undici';
}
