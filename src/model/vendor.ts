// Part of the model: vendors' code that few starts need: loaded where it is used, and at once.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The build puts them into files of their own; sources have them from node_modules. */
export function loadVendor<T>(name: 'yaml' | 're2js'): T {
  return require(typeof SIDECAST_VENDORS === 'string' ? `${SIDECAST_VENDORS}${name}.cjs` : name) as T;
}
