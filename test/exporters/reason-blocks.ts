// Part of the tests: the reason codes with their fixes, as blocks of the README. docs.test.ts writes them between its marks.
import type { Meaning } from '../../src/delivery/meaning.ts';
import * as cloudwatch from '../../src/exporters/aws-cloudwatch-logs/transport.ts';
import * as xray from '../../src/exporters/aws-xray/transport.ts';
import * as honeycomb from '../../src/exporters/honeycomb/transport.ts';
import * as rollbar from '../../src/exporters/rollbar/transport.ts';
import { FIXES } from '../../src/model/fixes.ts';
import { REASONS, type ReasonCode } from '../../src/model/reasons.ts';
import { Secret } from '../../src/model/secret.ts';
import { DESTINATION_IDS, DESTINATION_NAMES, type DestinationId } from '../../src/model/signals.ts';
import { markdownTable } from '../support/markdown-table.ts';

const keyFrom = (variable: string) =>
  new Secret('', { remedy: (what) => `Set ${variable} to ${what}, and start sidecast again.` });

/** The exporters' own tables: what each answer of a vendor means. */
const MEANINGS: Readonly<Record<DestinationId, readonly Meaning[]>> = {
  honeycomb: [...Object.values(honeycomb.meanings(keyFrom('HONEYCOMB_API_KEY'))), honeycomb.MISDIRECTED],
  'aws-xray': Object.values(xray.MEANINGS),
  'aws-cloudwatch-logs': Object.values(cloudwatch.MEANINGS),
  rollbar: [...Object.values(rollbar.meanings(keyFrom('ROLLBAR_ACCESS_TOKEN'))), rollbar.MISDIRECTED],
};

/** By the name of the block: `<!-- generated: reasons -->`. */
export function reasonBlocks(): Readonly<Record<string, string>> {
  return { reasons: reasonTable(REASONS), 'vendor-fixes': vendorFixes() };
}

export function reasonTable(reasons: Readonly<Record<string, string>>): string {
  const fixes: Readonly<Record<string, string>> = FIXES;
  return markdownTable(
    ['code', 'meaning', 'what to do'],
    Object.entries(reasons).map(([code, meaning]) => [`\`${code}\``, meaning, fixes[code] ?? '']),
  );
}

/** Where the destinations differ in what to do. */
function vendorFixes(): string {
  const rows = (Object.keys(REASONS) as ReasonCode[])
    .map((code) => ({ code, fixes: DESTINATION_IDS.map((id) => fixesAt(id, code)) }))
    .filter(({ fixes }) => new Set(fixes.filter((fix) => fix !== '')).size > 1);
  return markdownTable(
    ['code', ...DESTINATION_IDS.map((id) => DESTINATION_NAMES[id])],
    rows.map(({ code, fixes }) => [`\`${code}\``, ...fixes.map((fix) => fix || '–')]),
  );
}

function fixesAt(id: DestinationId, code: ReasonCode): string {
  const fixes = MEANINGS[id].filter((meaning) => meaning.code === code).map(({ fix }) => fix);
  return [...new Set(fixes)].join(' Or: ');
}
