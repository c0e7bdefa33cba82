// Part of the tests: what the four destinations hold of each request, in a form that is the same in every run and on every machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { serverSpans } from './arrivals.ts';

const EXPECTED = join(import.meta.dirname, '..', 'fixtures', 'expected');

/** By path and query of the request. */
export type Accounts = Readonly<Record<string, Readonly<Record<DestinationId, readonly unknown[]>>>>;

/** What is stored under that name; UPDATE_EXPECTED=1 stores `accounts` first, for a reader to look through. */
export function expectedAccounts(name: string, accounts: Accounts): unknown {
  const file = join(EXPECTED, `${name}.json`);
  if (env['UPDATE_EXPECTED'] === '1') writeFileSync(file, `${JSON.stringify(accounts, undefined, 2)}\n`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

export interface AccountsOptions {
  /** The X-Ray trace of each request, by its path. */
  xrayTraces: ReadonlyMap<string, string>;
  /** Where the application's file is. */
  folder: string;
  /** Both SDKs told of the requests, so a line that could not be paired on a busy machine counts as one that could. */
  isPaired: boolean;
}

/** Items that belong to none of the requests are under `''`. */
export function accountsIn(sandbox: Sandbox, { xrayTraces, folder, isPaired }: AccountsOptions): Accounts {
  const spans = serverSpans(sandbox);
  const requests = [...xrayTraces].map(([path, xrayTraceId]) => {
    const traceId = spans.find(({ target }) => target === path)?.traceId ?? 'none';
    const label = createLabels({ traceId, xrayTraceId, folder, isPaired });
    return { path, ids: [traceId, asXRayTraceId(traceId), xrayTraceId], label };
  });
  const held = DESTINATION_IDS.map((id) => [id, itemsOf(sandbox, id)] as const);
  const accounts = requests.map(({ path, ids, label }) => {
    const own = held.map(([id, items]) => [id, items.filter(isOf(ids)).map(label)]);
    return [path, Object.fromEntries(own)];
  });
  const known = isOf(requests.flatMap(({ ids }) => ids));
  const others = held.map(([id, items]) => [id, items.filter((item) => !known(item))] as const);
  if (others.some(([, items]) => items.length > 0)) accounts.push(['', Object.fromEntries(others)]);
  return Object.fromEntries(accounts);
}

const isOf = (ids: readonly string[]) => (item: unknown) => {
  const text = JSON.stringify(item);
  return ids.some((id) => text.includes(id));
};

const asXRayTraceId = (traceId: string) => `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;

/** In the order in which things happened, text that is JSON as what it says. */
function itemsOf(sandbox: Sandbox, destination: DestinationId): unknown[] {
  const items = sandbox.items(destination);
  switch (destination) {
    case 'honeycomb':
      return inOrder(items as readonly { startTimeUnixNano: string }[], (span) => span.startTimeUnixNano);
    case 'aws-xray':
      return inOrder(
        (items as readonly string[]).map((text) => JSON.parse(text) as { start_time: number }),
        (document) => document.start_time.toFixed(6),
      );
    case 'aws-cloudwatch-logs':
      return inOrder(
        (items as readonly { message: string }[]).map((event) => ({
          ...event,
          message: JSON.parse(event.message) as { event_id: string },
        })),
        ({ message }) => message.event_id,
      );
    case 'rollbar':
      return [...items];
  }
}

const inOrder = <T>(items: readonly T[], key: (item: T) => string): T[] =>
  items.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));

const SITE_PACKAGES = /[^" ]*\/site-packages\//g;
/** Python marks the place in a line below it, each version another way. */
const MARKERS = /\n[ ~]*\^[ ~^]*(?=\n)/g;
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const ID = /(?<![0-9a-f-])[0-9a-f]{16}(?![0-9a-f])/g;
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)|^1[78]\d{17}$/g;
const FIRST_TIME = 1_600_000_000;
/** What a run chooses, or the machine. */
const CHOSEN: Readonly<Record<string, string>> = {
  duration_ms: '<duration>',
  'net.host.port': '<port>',
  'net.peer.port': '<port>',
  net_peer_port: '<port>',
  runtime_version: '<version>',
};

interface LabelsOptions {
  traceId: string;
  xrayTraceId: string;
  folder: string;
  isPaired: boolean;
}

/** Ids are numbered as they appear, so the same id has the same number at each destination. */
function createLabels({ traceId, xrayTraceId, folder, isPaired }: LabelsOptions): (item: unknown) => unknown {
  const ids = new Map<string, string>();
  const numbered = (id: string) => {
    const label = ids.get(id) ?? `<id ${ids.size + 1}>`;
    ids.set(id, label);
    return label;
  };
  const words = (text: string) =>
    text
      .replaceAll(xrayTraceId, '<X-Ray trace>')
      .replaceAll(asXRayTraceId(traceId), isPaired ? '<X-Ray trace>' : '<trace, as X-Ray writes it>')
      .replaceAll(traceId, '<trace>')
      .replaceAll(folder, '<app>')
      .replace(SITE_PACKAGES, '<site-packages>/')
      .replace(MARKERS, '')
      .replace(UUID, '<uuid>')
      .replace(ID, numbered)
      .replace(TIME, '<time>')
      .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>')
      .replace(/[\d.]+ ms/g, '<duration>');
  const labelled = (value: unknown): unknown => {
    if (typeof value === 'string') return words(value);
    if (typeof value === 'number') return value > FIRST_TIME ? '<time>' : value;
    if (Array.isArray(value)) return value.map(labelled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, CHOSEN[key] ?? labelled(member)]),
    );
  };
  return labelled;
}
