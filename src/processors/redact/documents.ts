// Part of processors/redact: X-Ray documents, redacted where they stand in the bytes.
import { frameDocuments, readDocuments } from '../../protocols/xray/datagram.ts';
import { parseSegment } from '../../protocols/xray/segment.ts';
import { apart, type Judge } from './judge.ts';
import { type Replace, replaceAll } from './replace.ts';
import type { Rule } from './rules.ts';

/**
 * What is not dirty is not read. Overwrites `payload`; returns another one where something of another length stands in the place of
 * a value.
 */
export function redactDocuments(
  payload: Buffer,
  judge: Judge,
  replace: Replace,
  onFound: (rule: Rule) => void,
  isDirty: (document: Uint8Array) => boolean,
): Uint8Array {
  let isLonger = false;
  const documents = readDocuments(payload).map((document) => {
    if (!isDirty(document)) return document;
    const text = document.toString('latin1');
    const inStrings = judge.inJson(text, true);
    // X-Ray is sent what is no JSON as well: there secrets stand outside of strings.
    const findings = parseSegment(document)
      ? inStrings
      : apart([...inStrings, ...judge.findings('plain', text)]);
    if (findings.length === 0) return document;
    for (const { rule } of findings) onFound(rule);
    const replaced = replaceAll(text, findings, replace);
    if (replaced.length !== text.length) isLonger = true;
    else document.write(replaced, 'latin1');
    return replaced.length === text.length ? document : Buffer.from(replaced, 'latin1');
  });
  return isLonger ? frameDocuments(documents) : payload;
}
