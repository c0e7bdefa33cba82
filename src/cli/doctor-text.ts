// Part of cli: what doctor found, for people: one line a fact, and below a failure what it means and the one thing to do.
import type { Finding } from '../admin/api/doctor.ts';
import { DESTINATION_IDS, DESTINATION_NAMES } from '../model/signals.ts';

const TITLES: Readonly<Record<Finding['about'], string>> = {
  configuration: 'Configuration',
  receivers: 'Receivers',
  journal: 'Journal',
  ...DESTINATION_NAMES,
};
const ORDER: readonly Finding['about'][] = ['configuration', 'receivers', 'journal', ...DESTINATION_IDS];

/** Select graphic rendition (ECMA-48): green, yellow, red, faint. */
const MARKS: Readonly<Record<Finding['status'], readonly [mark: string, colour: number]>> = {
  ok: ['ok', 32],
  warning: ['warn', 33],
  failed: ['FAIL', 31],
  skipped: ['skip', 2],
};

export function renderFindings(findings: readonly Finding[], hasColours: boolean): string {
  const width = Math.max(10, ...findings.map(({ step }) => step.length)) + 2;
  const groups = ORDER.flatMap((about) => {
    const own = findings.filter((finding) => finding.about === about);
    return own.length === 0 ? [] : [TITLES[about], ...own.flatMap((one) => render(one, width, hasColours))];
  });
  return [...groups, sum(findings)].join('\n');
}

function render(
  { step, status, what, data, fix, link }: Finding,
  width: number,
  hasColours: boolean,
): string[] {
  const [mark, colour] = MARKS[status];
  const shown = hasColours ? `\u001b[${colour}m${mark.padEnd(4)}\u001b[0m` : mark.padEnd(4);
  const below = (name: string, text: string) => `        ${name.padEnd(width)}${text}`;
  return [
    `  ${shown}  ${step.padEnd(width)}${what}`,
    ...(data ? [below('data:', data)] : []),
    ...(fix ? [below('fix:', fix)] : []),
    ...(link ? [below('see:', link)] : []),
  ];
}

function sum(findings: readonly Finding[]): string {
  const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length;
  const [ok, warnings, failures] = [count('ok'), count('warning'), count('failed')];
  return `${ok} ok, ${warnings === 1 ? '1 warning' : `${warnings} warnings`}, ${failures === 1 ? '1 failure' : `${failures} failures`}`;
}
