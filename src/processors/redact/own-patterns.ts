// Part of processors/redact: patterns that users write, with RE2, whose time is linear in the text whatever the pattern is.
import type * as Re2 from 're2js';
import { loadVendor } from '../../model/vendor.ts';
import type { Finding } from './rules.ts';

export interface OwnPattern {
  source: string;
  /** `text` is Latin-1, so that what is found is counted in bytes. */
  find(text: string): Finding[];
}

/** Or what is wrong with it. */
export function compilePattern(source: string): OwnPattern | string {
  const { RE2JS } = loadVendor<typeof Re2>('re2js');
  let compiled: Re2.RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch (error) {
    return (error as Error).message;
  }
  if (compiled.matches('')) return 'it matches an empty text';
  return {
    source,
    find(text) {
      const found: Finding[] = [];
      const matcher = compiled.matcher(Buffer.from(text, 'latin1'));
      while (matcher.find()) found.push({ from: matcher.start(), to: matcher.end(), rule: 'own_pattern' });
      return found;
    },
  };
}
