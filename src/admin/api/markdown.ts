// Part of admin/api: a trace as Markdown, to be pasted into a ticket.
import { DESTINATION_IDS, DESTINATION_NAMES } from '../../model/signals.ts';
import type { Attributes, Delivery, SpanRow, Trace } from './shapes.ts';

/** What a reader of a ticket needs; the JSON has the rest. */
const MAX_SPANS = 200;
const MAX_VALUE_CHARS = 200;
const MAX_STACK_CHARS = 4000;
const TELLING =
  /^(http\.|url\.|db\.|rpc\.|messaging\.|exception\.|user\.id|enduser\.id|error\.|server\.|net\.peer|peer\.|aws\.)/;

export function toMarkdown(trace: Trace): string {
  const { row } = trace;
  const facts = [
    `- trace \`${row.id}\`, ${row.services.map(code).join(', ')}`,
    `- started ${isoOf(row.startUnixNano)}, took ${durationText(row.durationMs)}`,
    `- ${counted(row.spans, 'span')}, ${counted(row.errors, 'error')}, ${counted(trace.logs.length, 'log record')}`,
    ...(row.statusCode === undefined ? [] : [`- status ${row.statusCode}`]),
    ...(row.userId === undefined ? [] : [`- user ${code(row.userId)}`]),
    ...(row.pairedWith === undefined ? [] : [`- the same request as trace \`${row.pairedWith}\``]),
    ...(row.isPartial ? ['- incomplete: it was chosen after some of its spans had gone by'] : []),
  ];
  return [
    `# ${oneLine(row.name)}`,
    '',
    ...facts,
    '',
    ...deliveryTable(trace),
    ...waterfall(trace.spans),
    ...trace.spans.filter(({ error }) => error).flatMap(errorOf),
    ...logLines(trace),
  ].join('\n');
}

function deliveryTable({ row, spans, links }: Trace): string[] {
  const lines = DESTINATION_IDS.flatMap((id) => {
    const chip = row.chips[id];
    if (!chip) return [];
    const states = Object.entries(chip).map(([state, count]) => `${count} ${state}`);
    const why = worst(spans.flatMap(({ deliveries }) => deliveries.filter((one) => one.destination === id)));
    const link = links[id] ? `[open](${links[id]})` : '';
    return [`| ${DESTINATION_NAMES[id]} | ${states.join(', ')} | ${cell(why)} | ${link} |`];
  });
  if (lines.length === 0) return [];
  return ['| destination | items | why | |', '| --- | --- | --- | --- |', ...lines, ''];
}

function worst(deliveries: readonly Delivery[]): string {
  const found = deliveries.find(({ state, code }) => code !== undefined && state !== 'skipped');
  return found ? [found.message, found.fix].filter(Boolean).join('. ') : '';
}

function waterfall(spans: readonly SpanRow[]): string[] {
  const [first] = spans;
  if (!first) return [];
  const start = BigInt(first.startUnixNano);
  const lines: string[] = [];
  const children = new Map<string | undefined, SpanRow[]>();
  const ids = new Set(spans.map(({ id }) => id));
  for (const span of spans) {
    const parent = span.parentId !== undefined && ids.has(span.parentId) ? span.parentId : undefined;
    const siblings = children.get(parent);
    if (siblings) siblings.push(span);
    else children.set(parent, [span]);
  }
  // A stack of our own: traces are as deep as their recursion.
  const open = (children.get(undefined) ?? []).map((span) => ({ span, depth: 0 })).reverse();
  for (let next = open.pop(); next && lines.length < MAX_SPANS; next = open.pop()) {
    const { span, depth } = next;
    const offsetMs = Number(BigInt(span.startUnixNano) - start) / 1e6;
    const mark = span.error ? ' !' : '';
    lines.push(
      `${durationText(offsetMs).padStart(9)} ${durationText(span.durationMs).padStart(9)}  ${'  '.repeat(Math.min(depth, 30))}${oneLine(span.name)} (${span.kind}, ${oneLine(span.service)})${mark}`,
    );
    for (const child of (children.get(span.id) ?? []).reverse()) open.push({ span: child, depth: depth + 1 });
    children.delete(span.id);
  }
  const rest = spans.length - lines.length;
  return [
    '```',
    '   offset  duration  span',
    ...lines,
    ...(rest > 0 ? [`… ${rest} more spans`] : []),
    '```',
    '',
  ];
}

function errorOf(span: SpanRow): string[] {
  const telling = Object.entries(span.attributes).filter(([key]) => TELLING.test(key));
  const stacks = span.events.flatMap(({ attributes }) => stackOf(attributes));
  return [
    `## Error in ${oneLine(span.name)}`,
    '',
    ...(span.statusMessage ? [cell(span.statusMessage), ''] : []),
    ...telling.map(
      ([key, value]) =>
        `- ${code(key)}: ${code(String(typeof value === 'object' ? JSON.stringify(value) : value))}`,
    ),
    '',
    ...stacks,
  ];
}

function stackOf(attributes: Attributes): string[] {
  const stack = attributes['exception.stacktrace'];
  if (typeof stack !== 'string') return [];
  const fence = '`'.repeat(Math.max(3, longestRun(stack) + 1));
  return [fence, stack.slice(0, MAX_STACK_CHARS).trimEnd(), fence, ''];
}

function logLines({ logs }: Trace): string[] {
  if (logs.length === 0) return [];
  const lines = logs.slice(0, MAX_SPANS).map(({ timeUnixNano, severity, body }) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return `- ${isoOf(timeUnixNano)} ${severity} ${code(text)}`;
  });
  return ['## Log records', '', ...lines, ''];
}

/** RFC 3339 with all nine digits. */
export function isoOf(unixNano: string): string {
  const nano = BigInt(unixNano);
  const seconds = new Date(Number(nano / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${(nano % 1_000_000_000n).toString().padStart(9, '0')}Z`;
}

/** Three significant digits, in the unit that leaves one to three before the point. */
export function durationText(ms: number): string {
  const [value, unit] =
    Math.abs(ms) >= 999.5
      ? [ms / 1000, 's']
      : Math.abs(ms) >= 0.9995 || ms === 0
        ? [ms, 'ms']
        : [ms * 1000, 'µs'];
  const size = Math.abs(value);
  const digits = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
const oneLine = (text: string) => text.replace(/\s+/g, ' ').slice(0, MAX_VALUE_CHARS);
const cell = (text: string) => oneLine(text).replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** What clients send may hold backticks; nothing of it may become Markdown. */
function code(text: string): string {
  const line = oneLine(text);
  const ticks = '`'.repeat(longestRun(line) + 1);
  return longestRun(line) === 0 ? `\`${line}\`` : `${ticks} ${line} ${ticks}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
}
