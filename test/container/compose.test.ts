// Part of the tests: the image and compose.yaml on a real engine.
import { stderr } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../src/admin/status.ts';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { eventually } from '../support/app.ts';
import { type Engine, findEngine } from './engine.ts';
import { createProject, type Project } from './project.ts';
import { asTheReadmeShows } from './readme.ts';
import { inPlaceOfTheXRayDaemon } from './xray-daemon.ts';

const HEALTHY_WITHIN_MS = 60_000;
const ARRIVED_WITHIN_MS = 30_000;
const FOUND = await findEngine();

if (FOUND) describe('containers', () => inContainers(FOUND));
else {
  stderr.write('container tests are skipped: no engine\n');
  it.skip('containers: no engine');
}

function inContainers(engine: Engine): void {
  let project: Project;

  beforeAll(async () => {
    project = await createProject(engine);
    await project.up();
  });
  afterAll(async () => {
    await project?.down();
    await engine.stop();
  });

  const inspect = (container: string, field: string) =>
    engine.docker(['inspect', '-f', `{{${field}}}`, container]);
  const untilHealthy = (container: string) =>
    eventually(
      () => inspect(container, '.State.Health.Status'),
      (health) => health === 'healthy',
      HEALTHY_WITHIN_MS,
    );
  const json = async <T>(url: string) => (await (await fetch(url)).json()) as T;

  describe('of compose.yaml with docker/sandbox.env', () => {
    it('are healthy, and the backend starts only when sidecast is', async () => {
      const sidecast = await project.containerOf('sidecast');
      await untilHealthy(sidecast);
      await untilHealthy(await project.containerOf('sandbox'));

      const ps = await project.compose(['ps']);
      const backendSince = Date.parse(
        await inspect(await project.containerOf('backend'), '.State.StartedAt'),
      );
      const sidecastSince = Date.parse(await inspect(sidecast, '.State.StartedAt'));

      expect(ps.match(/\(healthy\)/g)).toHaveLength(2);
      expect(backendSince).toBeGreaterThan(sidecastSince);
    });

    it('bring requests of the sample backend to all four vendors', async () => {
      const paths = ['/api/health-check', '/api/activities/home', '/api/activities/@worf', '/api/boom'];
      for (const path of paths) {
        const headers = { 'x-amzn-trace-id': `Root=${newTraceId()};Sampled=1` };
        const answer = await eventually(
          () => fetch(`${project.backendUrl}${path}`, { headers }).catch(() => undefined),
          (response) => response !== undefined,
        );
        expect(answer?.status, path).toBe(path === '/api/boom' ? 500 : 200);
      }

      // The OTel SDK exports every 5 s, the X-Ray SDK at once.
      const { destinations, journal } = await eventually(
        () => json<Status>(`${project.adminUrl}/status`),
        ({ receivers }) =>
          receivers.otlp.accepted.spans >= paths.length &&
          receivers['aws-xray'].accepted.segments >= paths.length,
        ARRIVED_WITHIN_MS,
      );
      await eventually(
        () => json<ReturnType<Sandbox['counts']>>(`${project.sandboxUrl}/_sandbox/counts`),
        (counts) => DESTINATION_IDS.every((id) => counts[id].uniqueItems > 0),
        ARRIVED_WITHIN_MS,
      );
      for (const id of DESTINATION_IDS) {
        expect(destinations[id].state, id).toBe('on');
        expect(destinations[id].counts, id).toMatchObject({ rejected: 0, dropped: 0 });
      }
      expect(journal.mode).toBe('disk');
    });

    it('run sidecast as uid 10001', async () => {
      const container = await project.containerOf('sidecast');

      expect(await engine.docker(['exec', container, 'id', '-u'])).toBe('10001');
      expect(await engine.docker(['exec', container, 'sidecast', 'version'])).toMatch(/^\d+\.\d+\.\d+/);
    });

    it('end cleanly within the 10 s that an engine gives', async () => {
      const container = await project.containerOf('sidecast');

      await project.compose(['stop', 'sidecast']);

      expect(await inspect(container, '.State.ExitCode')).toBe('0');
    });
  });

  describe('typed as the README shows it', () => asTheReadmeShows(engine, () => project));

  const imageOf = async () => inspect(await project.containerOf('sandbox'), '.Image');

  describe('in the place of the X-Ray daemon', () => inPlaceOfTheXRayDaemon(engine, imageOf));

  it('run under any uid and without any key: healthy, a journal on disk, the page there, X-Ray waiting for a region, the others off', async () => {
    const image = await imageOf();
    const container = await engine.docker(['run', '-d', '--user', '12345:0', '--network', 'none', image]);
    const fetched = async (path: string) => {
      const script = `fetch('http://127.0.0.1:4319${path}').then((a) => a.text()).then((text) => process.stdout.write(text))`;
      return engine.docker(['exec', container, 'node', '-e', script]);
    };
    try {
      await untilHealthy(container);
      const { journal, destinations } = JSON.parse(await fetched('/status')) as Status;

      expect(await engine.docker(['exec', container, 'id', '-u'])).toBe('12345');
      expect(journal).toMatchObject({ mode: 'disk', dir: '/var/lib/sidecast' });
      for (const id of DESTINATION_IDS)
        expect(destinations[id].state, id).toBe(id === 'aws-xray' ? 'blocked' : 'off');
      expect(await fetched('/')).toContain('<div id="page">');
    } finally {
      await engine.docker(['rm', '-f', '-v', container]);
    }
  });

  it('take spans and settle them with a read-only root, as uid 1337, without any capability and without new privileges', async () => {
    const hardening = [
      '--read-only',
      '--user',
      '1337:1337',
      '--cap-drop',
      'ALL',
      '--security-opt',
      'no-new-privileges',
    ];
    const container = await engine.docker([
      ...['run', '-d', '--network', 'none', ...hardening],
      ...['--tmpfs', '/var/lib/sidecast:uid=1337,gid=1337,mode=0700', await imageOf()],
    ]);
    const script = `
      const spans = { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '${'5b'.repeat(16)}', spanId: '${'8d'.repeat(8)}', name: 'GET /',
        startTimeUnixNano: '1700000000000000000', endTimeUnixNano: '1700000000001000000' }] }] }] };
      const headers = { 'content-type': 'application/json' };
      fetch('http://127.0.0.1:4318/v1/traces', { method: 'POST', headers, body: JSON.stringify(spans) })
        .then((answer) => answer.ok && fetch('http://127.0.0.1:4319/status'))
        .then((answer) => answer.text())
        .then((text) => process.stdout.write(text));`;
    try {
      await untilHealthy(container);
      const { journal, receivers, deadLetters } = JSON.parse(
        await engine.docker(['exec', container, 'node', '-e', script]),
      ) as Status;

      expect(await engine.docker(['exec', container, 'id', '-u'])).toBe('1337');
      expect(await engine.docker(['exec', container, 'grep', 'CapEff', '/proc/1/status'])).toMatch(
        /\b0{16}$/,
      );
      expect(journal).toMatchObject({ mode: 'disk', reason: null });
      expect(deadLetters.reason).toBeNull();
      expect(receivers.otlp.accepted.spans).toBe(1);
    } finally {
      await engine.docker(['rm', '-f', '-v', container]);
    }
  });
}

let made = 0;
function newTraceId(): string {
  made += 1;
  return `1-${Math.floor(Date.now() / 1000).toString(16)}-${made.toString(16).padStart(24, '0')}`;
}
