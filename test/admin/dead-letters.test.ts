// Part of the tests: dead letters over the API, in the whole program with the sandbox as its vendors: made, listed, sent again.
import { appendFile, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { letterKey } from '../../src/delivery/dead-letters/letter.ts';
import { readMarks } from '../../src/delivery/dead-letters/marks.ts';
import { isConserved } from '../../src/ledger/account.ts';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf, startTestApp, type TestApp } from '../support/app.ts';
import { sendDatagrams } from '../support/datagrams.ts';
import { countOf, listLetters, makeLetter, replayLetters, sendSpans, settled } from '../support/letters.ts';
import { temporaryDir } from '../support/records.ts';

const CAPTURES = join(import.meta.dirname, '..', 'fixtures', 'captures');
/** Nothing is flushed at the end: what waits is in the journal. */
const BRIEF = { SIDECAST_SHUTDOWN_TIMEOUT: '400ms' };
const HEALTHY = { kind: 'none' } as const;

let sandbox: Sandbox;
let dir: Awaited<ReturnType<typeof temporaryDir>>;
let app: TestApp;

beforeEach(async () => {
  sandbox = await startSandbox();
  dir = await temporaryDir();
  app = await start();
});
afterEach(async () => {
  await app.shutdown('test');
  await sandbox.close();
  await dir.remove();
});

const start = () => startTestApp({ ...settingsOf(sandbox), ...BRIEF }, dir.path);
const lettersDir = () => join(dir.path, 'dead-letters');
const today = () => new Date().toISOString().slice(0, 10);
const markOf = async (id: string) =>
  [...(await readMarks(lettersDir()))].find(([key]) => key.includes(` ${id}@`))?.[1];

async function expectBooksClose(): Promise<void> {
  const { destinations } = await app.status();
  for (const id of DESTINATION_IDS) expect(isConserved(destinations[id].counts), id).toBe(true);
}

async function restart(): Promise<void> {
  await app.shutdown('test');
  app = await start();
}

describe('GET /api/dead-letters', () => {
  it('sums up by destination and reason, and shows the newest with what the vendor said', async () => {
    await makeLetter(app, sandbox);
    await makeLetter(app, sandbox);

    const list = await listLetters(app, 'newest=1&full=true');

    expect(list.dir).toBe(lettersDir());
    expect(list.groups).toMatchObject([
      { destination: 'honeycomb', reason: 'vendor_rejected', letters: 2, suspect: 0, replayed: 0 },
    ]);
    expect(list.newest).toHaveLength(1);
    expect(list.newest[0]).toMatchObject({ signal: 'traces', replay: null, vendor: { status: 400 } });
    expect(JSON.stringify(list.newest[0]?.otlp)).toContain('"query 2"');
    expect(JSON.stringify((await listLetters(app)).newest)).not.toContain('"query 2"');
  });

  it('takes filters', async () => {
    await makeLetter(app, sandbox);

    expect(countOf(await listLetters(app, 'destination=rollbar'))).toBe(0);
    expect(countOf(await listLetters(app, 'reason=too_large'))).toBe(0);
    expect(countOf(await listLetters(app, 'destination=honeycomb&reason=vendor_rejected&since=1h'))).toBe(1);
  });

  it.each([
    ['destinatoin=rollbar', 'destination'],
    ['reason=too_larg', 'too_large'],
    ['newest=many', 'whole number'],
  ])('answers 400 to %s and says what is near', async (query, said) => {
    const answer = await fetch(`${app.adminUrl}/api/dead-letters?${query}`);

    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { message: string }).message).toContain(said);
  });
});

describe('a replay', () => {
  it('delivers the letter once, where it died and nowhere else', async () => {
    const sent = await makeLetter(app, sandbox);
    const before = await app.status();
    const seen = sandbox.counts();
    sandbox.setFault('honeycomb', HEALTHY);

    const { of, sum } = await replayLetters(app);

    expect(Object.values(of)).toEqual(['delivered']);
    expect(sum).toEqual({ honeycomb: expect.objectContaining({ letters: 1, delivered: 1, left: 0 }) });
    expect(sandbox.audit('honeycomb', sent.honeycomb)).toEqual({ missing: [], duplicated: [] });
    expect(sandbox.audit('aws-xray', sent.xray)).toEqual({ missing: [], duplicated: [] });
    const { destinations, receivers } = await app.status();
    expect(destinations.honeycomb.counts).toMatchObject({
      accepted: 4,
      delivered: 3,
      rejected: 1,
      queued: 0,
    });
    expect(receivers).toEqual(before.receivers);
    for (const id of DESTINATION_IDS.filter((other) => other !== 'honeycomb')) {
      expect(destinations[id].counts).toEqual(before.destinations[id].counts);
      expect(sandbox.counts()[id]).toEqual(seen[id]);
    }
    await expectBooksClose();
  });

  it('does not send a letter twice unless it is told to', async () => {
    const sent = await makeLetter(app, sandbox);
    sandbox.setFault('honeycomb', HEALTHY);
    await replayLetters(app);

    const second = await replayLetters(app);
    expect(Object.values(second.of)).toEqual(['replayed']);
    expect(sandbox.audit('honeycomb', sent.honeycomb).duplicated).toEqual([]);
    await restart();
    expect(Object.values((await replayLetters(app)).of)).toEqual(['replayed']);

    const again = await replayLetters(app, 'again=true');
    expect(Object.values(again.of)).toEqual(['delivered']);
    expect(sandbox.audit('honeycomb', sent.honeycomb).duplicated).toEqual([sent.honeycomb.at(-1)]);
  });

  it('does not run beside another, so that two cannot take the same letter', async () => {
    const sent = await makeLetter(app, sandbox);
    sandbox.setFault('honeycomb', HEALTHY);

    const both = await Promise.allSettled([replayLetters(app), replayLetters(app)]);

    const outcomes = both.flatMap((one) => (one.status === 'fulfilled' ? Object.values(one.value.of) : []));
    expect(outcomes.filter((outcome) => outcome === 'delivered')).toHaveLength(1);
    expect(sandbox.audit('honeycomb', sent.honeycomb).duplicated).toEqual([]);
  });

  it('that is rejected again leaves a new letter that names the old one', async () => {
    await makeLetter(app, sandbox);
    const [old] = (await listLetters(app)).newest;

    const { lines, sum } = await replayLetters(app);

    const line = lines.find(({ event }) => event === 'letter');
    expect(line).toMatchObject({ id: old?.id, outcome: 'rejected', code: 'vendor_rejected' });
    const { newest, groups } = await listLetters(app);
    expect(newest.map(({ id }) => id)).toContain(line?.event === 'letter' && line.newId);
    expect(newest[0]).toMatchObject({ replayOf: old && letterKey(old), replay: null });
    expect(groups).toMatchObject([{ letters: 2, replayed: 1 }]);
    expect(sum['honeycomb']).toMatchObject({ letters: 1, rejected: 1 });
    // The new one is open: it is tried, the old one is not.
    sandbox.setFault('honeycomb', HEALTHY);
    expect((await replayLetters(app)).sum['honeycomb']).toMatchObject({ letters: 2, delivered: 1, left: 1 });
  });

  it('to a blocked destination waits in the journal, says why, and is delivered when the key is mended', async () => {
    const sent = await makeLetter(app, sandbox);
    const [letter] = (await listLetters(app)).newest;
    sandbox.setFault('honeycomb', { kind: 'status', status: 401 });

    const { lines, sum } = await replayLetters(app, 'wait=20s');

    expect(lines.find(({ event }) => event === 'letter')).toMatchObject({
      outcome: 'queued',
      reason: { code: 'unauthorized' },
    });
    expect(sum['honeycomb']).toMatchObject({ letters: 1, queued: 1 });
    expect(await markOf(letter?.id ?? '')).toBe('queued');
    sandbox.setFault('honeycomb', HEALTHY);
    await restart();
    const { destinations } = await settled(app);

    expect(destinations.honeycomb.counts).toMatchObject({ accepted: 1, delivered: 1 });
    for (const id of DESTINATION_IDS.filter((other) => other !== 'honeycomb'))
      expect(destinations[id].counts.accepted).toBe(0);
    expect(sandbox.audit('honeycomb', sent.honeycomb)).toEqual({ missing: [], duplicated: [] });
    expect(sandbox.audit('aws-xray', sent.xray).duplicated).toEqual([]);
    await eventually(
      () => markOf(letter?.id ?? ''),
      (mark) => mark === 'delivered',
    );
    expect(Object.values((await replayLetters(app)).of)).toEqual(['replayed']);
  });

  it('of a letter that a request held several items of sends them all, when it is told to', async () => {
    sandbox.setFault('honeycomb', { kind: 'partial' });
    const sent = await sendSpans(app, 4);
    await settled(app);
    sandbox.setFault('honeycomb', HEALTHY);

    expect(Object.values((await replayLetters(app)).of)).toEqual(['suspect']);
    const { of, sum } = await replayLetters(app, 'suspect=true');

    expect(Object.values(of)).toEqual(['delivered']);
    expect(sum['honeycomb']).toMatchObject({ letters: 1, delivered: 1 });
    const audit = sandbox.audit('honeycomb', sent.honeycomb);
    expect(audit.missing).toEqual([]);
    expect(audit.duplicated).toHaveLength(2);
    expect((await app.status()).destinations.honeycomb.counts).toMatchObject({ accepted: 8, rejected: 2 });
    await expectBooksClose();
  });

  it('of a dry run sends nothing and marks nothing', async () => {
    await makeLetter(app, sandbox);
    const before = sandbox.counts();

    const { lines, sum } = await replayLetters(app, 'dry-run=true');

    expect(lines.map(({ event }) => event)).toEqual(['replayable', 'sum']);
    expect(sum['honeycomb']).toMatchObject({ letters: 1, replayable: 1, delivered: 0 });
    expect(sandbox.counts()).toEqual(before);
    expect(await readdir(lettersDir())).not.toContain('replayed.log');
  });

  it('of segments reaches X-Ray byte for byte', async () => {
    const datagram = await readFile(join(CAPTURES, 'python-xray', '07-segment-exception.udp.txt'));
    const document = datagram.subarray(datagram.indexOf(0x0a) + 1).toString('utf8');
    const { id } = JSON.parse(document) as { id: string };
    sandbox.setFault('aws-xray', { kind: 'poison', itemId: id });
    await sendDatagrams(app.xrayPort, [datagram]);
    await eventually(
      async () => countOf(await listLetters(app)),
      (letters) => letters === 1,
    );
    await settled(app);
    const seen = sandbox.counts();
    sandbox.setFault('aws-xray', HEALTHY);

    const { of } = await replayLetters(app, 'destination=aws-xray');

    expect(Object.values(of)).toEqual(['delivered']);
    expect(sandbox.items('aws-xray')).toEqual([document]);
    for (const other of ['honeycomb', 'aws-cloudwatch-logs', 'rollbar'] as const)
      expect(sandbox.counts()[other]).toEqual(seen[other]);
  });

  it.each([
    ['logs', 'python-otel-auto/01-logs.bin'],
    ['metrics', 'python-otel-auto/03-metrics.bin'],
  ])('of %s arrives as it would have arrived the first time', async (signal, path) => {
    const body = await readFile(join(CAPTURES, path));
    const headers = { 'content-type': 'application/x-protobuf' };
    const send = () => fetch(`${app.otlpUrl}/v1/${signal}`, { method: 'POST', body, headers });
    await send();
    await settled(app);
    const direct = sandbox
      .items('honeycomb')
      .map((item) => JSON.stringify(item))
      .sort();
    sandbox.reset();
    sandbox.setFault('honeycomb', { kind: 'status', status: 400 });
    await send();
    await settled(app);
    sandbox.setFault('honeycomb', HEALTHY);

    const { sum } = await replayLetters(app);

    expect(direct.length).toBeGreaterThan(1);
    expect(sum['honeycomb']).toMatchObject({ letters: direct.length, delivered: direct.length });
    expect(
      sandbox
        .items('honeycomb')
        .map((item) => JSON.stringify(item))
        .sort(),
    ).toEqual(direct);
  });

  it('takes a file of letters as its body', async () => {
    await makeLetter(app, sandbox);
    const [letter] = (await listLetters(app, 'full=true')).newest;
    sandbox.setFault('honeycomb', HEALTHY);
    const { replay: _, bytes: __, ...plain } = letter ?? {};
    const elsewhere = { ...plain, id: '999999:0' };

    const { of } = await replayLetters(app, '', `${JSON.stringify(elsewhere)}\nnot a letter\n`);

    expect(of).toEqual({ '999999:0': 'delivered' });
    expect(Object.values((await replayLetters(app)).of)).toEqual(['delivered']);
  });

  it('leaves what cannot be sent, and says why', async () => {
    await makeLetter(app, sandbox);
    const [letter] = (await listLetters(app, 'full=true')).newest;
    const { otlp, replay: _, bytes: __, ...head } = letter ?? {};
    const lines = [
      { ...head, id: '1:1', raw: 'AAAA' },
      { ...head, id: '1:2', otlp: { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'no hex' }] }] }] } },
      { ...head, id: '1:3', signal: 'segments', otlp },
    ];

    const { of } = await replayLetters(app, '', lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

    expect(of).toEqual({ '1:1': 'raw', '1:2': 'malformed', '1:3': 'malformed' });
  });

  it('leaves letters of a destination that is off, and says how it is turned on', async () => {
    await makeLetter(app, sandbox);
    await app.shutdown('test');
    const { HONEYCOMB_API_KEY: _, ...settings } = settingsOf(sandbox);
    app = await startTestApp({ ...settings, ...BRIEF }, dir.path);

    const { lines } = await replayLetters(app);

    const [line] = lines;
    expect(line).toMatchObject({ event: 'left', why: 'off' });
    expect(line?.event === 'left' && line.message).toContain('HONEYCOMB_API_KEY');
  });
});

describe('a crash during a replay', () => {
  it('between the mark and the journal leaves a letter of which it is said that nobody knows', async () => {
    const sent = await makeLetter(app, sandbox);
    const [letter] = (await listLetters(app)).newest;
    const mark = { at: new Date().toISOString(), destination: 'honeycomb', state: 'begun' };
    const keys = letter ? [letterKey(letter)] : [];
    await appendFile(join(lettersDir(), 'replayed.log'), `${JSON.stringify({ ...mark, letters: keys })}\n`);
    sandbox.setFault('honeycomb', HEALTHY);

    expect(Object.values((await replayLetters(app)).of)).toEqual(['unknown']);
    expect(sandbox.audit('honeycomb', sent.honeycomb).missing).toHaveLength(1);

    expect(Object.values((await replayLetters(app, 'again=true')).of)).toEqual(['delivered']);
    expect(sandbox.audit('honeycomb', sent.honeycomb)).toEqual({ missing: [], duplicated: [] });
  });

  it('behind the journal is mended at the next start: the record says which letter it is', async () => {
    const sent = await makeLetter(app, sandbox);
    const [letter] = (await listLetters(app)).newest;
    sandbox.setFault('honeycomb', { kind: 'status', status: 503 });
    await replayLetters(app, 'wait=0s');
    await app.shutdown('test');
    // What a kill leaves that comes before the second mark.
    const log = join(lettersDir(), 'replayed.log');
    const [begun = ''] = (await readFile(log, 'utf8')).split('\n');
    expect(begun).toContain('"begun"');
    await writeFile(log, `${begun}\n`);
    sandbox.setFault('honeycomb', HEALTHY);

    app = await start();
    await settled(app);

    await eventually(
      () => markOf(letter?.id ?? ''),
      (mark) => mark === 'delivered',
    );
    expect(Object.values((await replayLetters(app)).of)).toEqual(['replayed']);
    expect(sandbox.audit('honeycomb', sent.honeycomb)).toEqual({ missing: [], duplicated: [] });
  });

  it('that no cursor knows of yet is still for one destination alone at the next start', async () => {
    await makeLetter(app, sandbox);
    await restart();
    sandbox.setFault('honeycomb', { kind: 'status', status: 503 });
    const killed = await temporaryDir();
    const cursors = join(killed.path, 'cursors');
    await cp(join(dir.path, 'cursors'), cursors, { recursive: true });
    await replayLetters(app, 'wait=0s');
    // What a kill leaves at once: the record is in the journal, no settlement of it is written.
    for (const room of ['journal', 'dead-letters', 'VERSION'])
      await cp(join(dir.path, room), join(killed.path, room), { recursive: true });

    const next = await startTestApp({ ...settingsOf(sandbox), ...BRIEF }, killed.path);

    const { destinations } = await next.status();
    expect(destinations.honeycomb.counts).toMatchObject({ accepted: 1, queued: 1 });
    for (const id of DESTINATION_IDS.filter((other) => other !== 'honeycomb'))
      expect(destinations[id].counts.accepted, id).toBe(0);
    await next.shutdown('test');
    await killed.remove();
  });

  it('cannot happen unseen: what cannot be marked is not sent', async () => {
    const sent = await makeLetter(app, sandbox);
    await symlink('/dev/full', join(lettersDir(), 'replayed.log'));
    sandbox.setFault('honeycomb', HEALTHY);
    const before = sandbox.counts();

    const { of } = await replayLetters(app);

    expect(Object.values(of)).toEqual(['unmarked']);
    expect(sandbox.counts()).toEqual(before);
    await rm(join(lettersDir(), 'replayed.log'));
    expect(Object.values((await replayLetters(app)).of)).toEqual(['delivered']);
    expect(sandbox.audit('honeycomb', sent.honeycomb)).toEqual({ missing: [], duplicated: [] });
  });
});

describe('dead letters that cannot be written', () => {
  it('are no loss: the item stays queued until they can be, and the others go on', async () => {
    const path = join(lettersDir(), `honeycomb-${today()}.jsonl`);
    await mkdir(lettersDir(), { recursive: true });
    await symlink('/dev/full', path);
    sandbox.setFault('honeycomb', { kind: 'status', status: 400 });
    const sent = await sendSpans(app, 1);
    await eventually(
      () => app.logs.some(({ event }) => event === 'dead_letters_unwritable'),
      (isSaid) => isSaid,
    );
    const { destinations } = await eventually(
      () => app.status(),
      (status) => status.destinations['aws-xray'].counts.delivered === 1,
    );
    expect(destinations.honeycomb.counts).toMatchObject({ accepted: 1, rejected: 0, queued: 1 });

    await rm(path);
    await settled(app);

    expect((await app.status()).destinations.honeycomb.counts).toMatchObject({ rejected: 1, queued: 0 });
    expect(countOf(await listLetters(app))).toBe(1);
    sandbox.setFault('honeycomb', HEALTHY);
    await replayLetters(app);
    expect(sandbox.audit('honeycomb', sent.honeycomb)).toEqual({ missing: [], duplicated: [] });
  });

  it('are no loss over a restart either', async () => {
    const path = join(lettersDir(), `honeycomb-${today()}.jsonl`);
    await mkdir(lettersDir(), { recursive: true });
    await symlink('/dev/full', path);
    sandbox.setFault('honeycomb', { kind: 'status', status: 400 });
    await sendSpans(app, 1);
    await eventually(
      () => app.logs.some(({ event }) => event === 'dead_letters_unwritable'),
      (isSaid) => isSaid,
    );

    await restart();

    expect((await app.status()).destinations.honeycomb.counts).toMatchObject({ accepted: 1, rejected: 0 });
    await rm(path);
    const { destinations } = await settled(app);
    expect(destinations.honeycomb.counts).toMatchObject({ accepted: 1, rejected: 1, queued: 0 });
    expect(countOf(await listLetters(app))).toBe(1);
  });

  it('are in memory when everything is, and can be replayed from there', async () => {
    await app.shutdown('test');
    app = await startTestApp({ ...settingsOf(sandbox), ...BRIEF });
    const sent = await makeLetter(app, sandbox);
    sandbox.setFault('honeycomb', HEALTHY);

    expect((await listLetters(app)).dir).toBeNull();
    expect(Object.values((await replayLetters(app)).of)).toEqual(['delivered']);
    expect(Object.values((await replayLetters(app)).of)).toEqual(['replayed']);
    expect(sandbox.audit('honeycomb', sent.honeycomb)).toEqual({ missing: [], duplicated: [] });
    await app.shutdown('test');
    expect(app.logs).toContainEqual(
      expect.objectContaining({ event: 'dead_letters_removed', why: 'memory_lost' }),
    );
  });
});

describe('POST /api/dead-letters/replay', () => {
  const post = (headers: Record<string, string>) =>
    fetch(`${app.adminUrl}/api/dead-letters/replay`, { method: 'POST', headers });

  it.each<[string, () => Record<string, string>, number]>([
    ['without the header that no foreign page can send', () => ({}), 403],
    ['from a page of another origin', () => ({ 'x-sidecast': '1', origin: 'http://evil.example' }), 403],
    ['from our own page', () => ({ 'x-sidecast': '1', origin: app.adminUrl }), 200],
    ['from a program', () => ({ 'x-sidecast': '1' }), 200],
  ])('%s', async (_, headers, status) => {
    await makeLetter(app, sandbox);
    sandbox.setFault('honeycomb', HEALTHY);

    const answer = await post(headers());

    expect(answer.status).toBe(status);
    const text = await answer.text();
    expect(text.includes('"delivered"')).toBe(status === 200);
  });

  it.each(['wait=soon', 'destination=honycomb', 'agan=1'])('answers 400 to %s', async (query) => {
    const answer = await fetch(`${app.adminUrl}/api/dead-letters/replay?${query}`, {
      method: 'POST',
      headers: { 'x-sidecast': '1' },
    });

    expect(answer.status).toBe(400);
  });
});

describe('letters of every destination', () => {
  it('go back each to its own', async () => {
    const body = await readFile(join(CAPTURES, 'python-otel', '02-traces-batch-2-errors.bin'));
    const faulty: readonly DestinationId[] = ['honeycomb', 'aws-cloudwatch-logs', 'rollbar'];
    for (const id of faulty) sandbox.setFault(id, { kind: 'status', status: 400 });
    const headers = { 'content-type': 'application/x-protobuf' };
    await fetch(`${app.otlpUrl}/v1/traces`, { method: 'POST', body, headers });
    await settled(app);
    const { groups } = await listLetters(app);
    expect(new Set(groups.map(({ destination }) => destination))).toEqual(new Set(faulty));
    const xray = sandbox.counts()['aws-xray'];
    for (const id of faulty) sandbox.setFault(id, HEALTHY);

    const { sum } = await replayLetters(app);

    for (const { destination, letters } of groups)
      expect(sum[destination], destination).toMatchObject({ letters, delivered: letters });
    expect(sandbox.counts()['aws-xray']).toEqual(xray);
    expect(sandbox.counts().rollbar.uniqueItems).toBeGreaterThan(0);
    await expectBooksClose();
  });
});
