// Part of config: the YAML parser. 1.2 MB of heap, which only who has a file needs.
import type * as Yaml from 'yaml';
import { loadVendor } from '../model/vendor.ts';

export const yamlLibrary = () => loadVendor<typeof Yaml>('yaml');
