// Part of exporters/aws-cloudwatch-logs: the template of stream names: `{resource attribute}`, `{date}`, and what watchtower's users know.
import type { Attributes } from '../../model/otlp.ts';
import type { EventSource } from './partition.ts';

type Fill = (source: EventSource) => string;

/** Read once; filling is for every event. */
export function fillerOf(template: string): Fill {
  const parts = template
    .split(/(\{[^{}]+\})/)
    .filter((part) => part !== '')
    .map((part): Fill => (/^\{.+\}$/s.test(part) ? fillOf(part.slice(1, -1)) : () => part));
  return (source) => parts.map((fill) => fill(source)).join('');
}

/** Watchtower 3 fills these from Python's own records; here they are attributes. */
const NAMED: ReadonlyMap<string, Fill> = new Map<string, Fill>([
  ['date', ({ timeUnixMs }) => new Date(timeUnixMs).toISOString().slice(0, 10)],
  ['machine_name', ({ resource }) => first(resource.attributes, 'host.name', 'container.id')],
  ['program_name', ({ resource }) => first(resource.attributes, 'process.executable.name', 'service.name')],
  ['process_id', ({ resource }) => first(resource.attributes, 'process.pid')],
  ['logger_name', ({ log }) => (log ? log.logger || UNKNOWN : 'requests')],
  ['thread_name', ({ log }) => (log ? first(log.attributes, 'thread.name') : UNKNOWN)],
  ['service.name', ({ resource }) => textOf(resource.attributes, 'service.name') ?? 'unknown_service'],
]);

const UNKNOWN = 'unknown';
const STRFTIME = 'strftime:';

function fillOf(name: string): Fill {
  if (name.startsWith(STRFTIME)) return strftime(name.slice(STRFTIME.length));
  return NAMED.get(name) ?? (({ resource }) => first(resource.attributes, name));
}

/** The letters of a date and a time of day, UTC as everywhere in CloudWatch Logs; others stay as they are. */
function strftime(format: string): Fill {
  return ({ timeUnixMs }) => {
    const [year = '', month = '', day = '', hour = '', minute = ''] = new Date(timeUnixMs)
      .toISOString()
      .split(/[-T:]/);
    const letters: Readonly<Record<string, string>> = {
      Y: year,
      y: year.slice(-2),
      m: month,
      d: day,
      H: hour,
      M: minute,
      F: `${year}-${month}-${day}`,
    };
    return format.replace(/%([A-Za-z])/g, (whole, letter: string) => letters[letter] ?? whole);
  };
}

const first = (attributes: Attributes, ...keys: readonly string[]) =>
  keys.map((key) => textOf(attributes, key)).find((text) => text !== undefined) ?? UNKNOWN;

function textOf(attributes: Attributes, key: string): string | undefined {
  const value = attributes.get(key);
  return value === undefined || value === null || value === '' ? undefined : String(value);
}
