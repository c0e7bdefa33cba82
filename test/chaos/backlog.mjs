// Part of the chaos tests: `npm run backlog`: a journal full of what destinations that are down are owed, and what becomes of memory,
// of the backlog and of live data when they return. [-- --destinations honeycomb,rollbar] [--mib 1024] [--seconds 60] [--save]
// Small, for a look: --destinations honeycomb --mib 64 --seconds 2
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startSidecast } from '../bench/measured.mjs';
import { peakMemoryBytes } from '../bench/process-stats.mjs';
import { LIVE_SPANS_PER_SECOND, LiveData, templatesOf } from './backlog/live.mjs';
import { Sender } from './backlog/sender.mjs';
import { startVendors } from './backlog/vendors.mjs';

const ALL = ['honeycomb', 'aws-xray', 'aws-cloudwatch-logs', 'rollbar'];
const RESULTS = join(import.meta.dirname, 'results', 'backlog.json');
const MIB = 1024 * 1024;
/** The SDKs' batch. */
const BACKLOG_SPANS = 513;
/** A request lasts as long as one across the network does: with the concurrency of a leg that is its capacity. */
const REQUEST_MS = 100;
/** Of the time beside live data. */
const ALONE_SHARE = 1 / 4;
/** What was sent at the very end may still be on its way. */
const TAIL_MS = 5000;
const FULL = 0.98;
/** What is left then to be filled is little. */
const WORTHWHILE = 0.95;
/** Less than that behind, nothing is compressed (src/journal/disk/compression). */
const NEVER_COMPRESSED_BYTES = 64 * MIB;
/** It is looked for what can be compressed every 10 s. */
const COMPRESSED_AFTER_LOOKS = 24;
const DRAINED_WITHIN_MS = 600_000;

const { values: options } = parseArgs({
  options: {
    destinations: { type: 'string' },
    mib: { type: 'string', default: '1024' },
    main: { type: 'string', default: 'dist/main.js' },
    seconds: { type: 'string', default: '60' },
    save: { type: 'boolean', default: false },
  },
});
const maxBytes = Number(options.mib) * MIB;
const liveMs = Number(options.seconds) * 1000;
const runs = options.destinations ? [options.destinations.split(',')] : [['honeycomb'], ALL];
async function measure(destinations) {
  const live = new LiveData(destinations);
  const vendors = await startVendors(destinations, (id, index, atMs) => live.arrived(id, index, atMs));
  const sidecast = await startSidecast({
    main: options.main,
    destinations,
    sinkUrl: vendors.url,
    env: { SIDECAST_JOURNAL_MAX_BYTES: String(maxBytes) },
  });
  const sender = new Sender(sidecast.otlpPort);
  try {
    const filled = await fill(sidecast, sender);
    log(`filled ${JSON.stringify(filled)}`);
    live.from = vendors.liveFrom = filled.spans;
    const shares = await drain(sidecast, vendors, sender, live);
    const isWhole = destinations.length === 1;
    const peak = peakMemoryBytes(sidecast.pid);
    const missing = isWhole ? await untilDrained(vendors, live, filled) : 0;
    return {
      destinations,
      ...filled,
      legs: shares,
      liveSpansPerSecond: LIVE_SPANS_PER_SECOND,
      peakMemoryMiB: { drain: mib(peak), all: mib(peakMemoryBytes(sidecast.pid)) },
      ...(isWhole && { missing, duplicated: duplicated(vendors.books[destinations[0]]) }),
    };
  } finally {
    sender.close();
    await sidecast.stop();
    await vendors.close();
  }
}

/** Until the journal is as large as it may become. */
async function fill({ pid, adminPort, dataDir }, sender) {
  const startedMs = performance.now();
  const templates = templatesOf(BACKLOG_SPANS);
  let spans = 0;
  let refused = 0;
  let bytes = 0;
  let isFull = false;
  let isPaused = false;
  let onDisk = 0;
  const sendInTurn = async () => {
    while (!isFull) {
      if (isPaused) {
        await delay(100);
        continue;
      }
      const body = templates(spans);
      spans += BACKLOG_SPANS;
      if (await sender.send(body)) bytes += body.length;
      else {
        refused += BACKLOG_SPANS;
        isFull = true;
      }
    }
  };
  const look = async () => {
    while (!isFull) {
      await delay(500);
      const status = await statusOf(adminPort);
      onDisk = bytesIn(dataDir);
      if (status.journal.bytes >= FULL * maxBytes) {
        isPaused = true;
        isFull = !(await isCompressed(adminPort));
        isPaused = false;
      }
      if (status.journal.mode !== 'disk') throw new Error('the journal is not on disk');
    }
  };
  await Promise.all([look(), ...Array.from({ length: 4 }, sendInTurn)]);
  return {
    spans,
    refused,
    journalMiB: mib(onDisk),
    receivedMiB: mib(bytes),
    bytesPerSpan: round(bytes / (spans - refused)),
    fillSeconds: round((performance.now() - startedMs) / 1000),
    peakMemoryFillingMiB: mib(peakMemoryBytes(pid)),
  };
}

/** Sealed segments are compressed while nothing comes: an outage lasts longer than this filling. True when that made room. */
async function isCompressed(adminPort) {
  if (maxBytes <= NEVER_COMPRESSED_BYTES) return false;
  let [before, unchanged] = [maxBytes, 0];
  while (unchanged < COMPRESSED_AFTER_LOOKS) {
    await delay(500);
    const { bytes } = (await statusOf(adminPort)).journal;
    unchanged = bytes < before ? 0 : unchanged + 1;
    before = Math.min(bytes, before);
  }
  return before < WORTHWHILE * maxBytes;
}

/** What each leg takes alone, and then beside live data. */
async function drain({ pid }, vendors, sender, live) {
  const ids = Object.keys(vendors.books);
  vendors.requestMs = REQUEST_MS;
  vendors.isUp = true;
  const books = () =>
    ids.map((id) => ({ ...vendors.books[id], atMs: performance.now(), arrivals: undefined }));
  while (books().some(({ firstAtMs }) => firstAtMs === undefined)) await delay(50);
  // Slots fill up, and lanes open.
  await delay(2000);
  const before = books();
  await delay(ALONE_SHARE * liveMs);
  const alone = books();
  log(`alone, peak ${mib(peakMemoryBytes(pid))} MiB`);

  await live.send(sender, liveMs);
  const together = books();
  await delay(TAIL_MS);
  return ids.map((destination, leg) => {
    const rate = (from, to, field) =>
      ((to[leg][field] - from[leg][field]) * 1000) / (to[leg].atMs - from[leg].atMs);
    const aloneRate = rate(before, alone, 'backlogItems');
    const backlogRate = rate(alone, together, 'backlogItems');
    return {
      destination,
      aloneItemsPerSecond: Math.round(aloneRate),
      backlogItemsPerSecond: Math.round(backlogRate),
      backlogShare: round(backlogRate / aloneRate),
      requestsPerSecond: round(rate(alone, together, 'requests')),
      ...live.latencies(destination),
    };
  });
}

/** As fast as it goes; resolves with how many items never came. */
async function untilDrained(vendors, live, { spans, refused }) {
  vendors.requestMs = 1;
  const [book] = Object.values(vendors.books);
  const items = spans + live.items;
  const startedMs = performance.now();
  const missing = () => {
    let count = 0;
    for (let index = 0; index < items; index += 1) if (!book.arrivals[index]) count += 1;
    return count;
  };
  while (book.items < items - refused && performance.now() - startedMs < DRAINED_WITHIN_MS) await delay(500);
  log(`drained the rest in ${round((performance.now() - startedMs) / 1000)} s`);
  return missing() - refused;
}

function duplicated({ arrivals }) {
  let count = 0;
  for (const times of arrivals) if (times > 1) count += 1;
  return count;
}

async function statusOf(port) {
  return (await fetch(`http://127.0.0.1:${port}/status`)).json();
}

function bytesIn(dir) {
  let bytes = 0;
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

const round = (value) => Math.round(value * 100) / 100;
const mib = (bytes) => Math.round(bytes / MIB);
const log = (text) => process.stderr.write(`${text}\n`);

const results = [];
for (const destinations of runs) {
  const result = await measure(destinations);
  results.push(result);
  process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
}
if (options.save) {
  mkdirSync(join(RESULTS, '..'), { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify({ node: process.version, runs: results }, undefined, 2)}\n`);
}
process.exitCode = results.some(({ missing }) => missing > 0) ? 1 : 0;
