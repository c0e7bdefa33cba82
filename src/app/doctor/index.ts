// Part of app/doctor: looks at everything between a backend and its vendors, and sends a trace to prove it.
import type { DoctorRequest, Examine, Finding } from '../../admin/api/doctor.ts';
import type { Status } from '../../admin/status.ts';
import type { Exporter } from '../../delivery/exporter.ts';
import { createHttpClient } from '../../http/index.ts';
import type { ReachOptions } from '../../http/reach.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Clock } from '../../model/clock.ts';
import { DESTINATION_IDS, DESTINATION_NAMES, type DestinationId } from '../../model/signals.ts';
import type { AppConfig } from '../options.ts';
import type { Outgoing } from '../outgoing.ts';
import { type DestinationSubject, examineDestination, examineState, fateOf } from './destination.ts';
import { examineSurroundings } from './surroundings.ts';
import { sendTestTrace, type TestTrace } from './test-trace.ts';
import type { WatchedIntake } from './watched-intake.ts';

export interface DoctorOptions {
  config: AppConfig;
  version: string;
  status(): Promise<Status>;
  watched: WatchedIntake;
  outgoing: Outgoing;
  ledger: Ledger;
  clock: Clock;
  /** Of the destinations that are on. */
  exporters: ReadonlyMap<DestinationId, Pick<Exporter<unknown>, 'check' | 'traceUrl'>>;
}

export function createDoctor(options: DoctorOptions): Examine {
  const { config, clock, watched, exporters } = options;
  return async (request) => {
    const status = await options.status();
    const surroundings = examineSurroundings({
      status,
      last: watched.last,
      askedBufferBytes: config.xrayReceiver.receiveBufferBytes,
      nowMs: clock.now(),
    });
    const subjects = DESTINATION_IDS.map((id) => subjectOf(options, id, status));
    if (request.isOffline) return [...surroundings, ...subjects.map(examineState)];

    const examined = new Map<DestinationId, readonly Finding[]>();
    await Promise.all(
      subjects.map(async (subject) => {
        const isOn = exporters.has(subject.id);
        examined.set(subject.id, isOn ? await examineDestination(subject) : [examineState(subject)]);
      }),
    );
    const healthy = subjects
      .map(({ id }) => id)
      .filter((id) => exporters.has(id) && !hasFailed(examined.get(id)));
    const trace = request.sendsTrace ? await tryTrace(options, status, healthy, request) : undefined;
    const after = await options.status();
    const delivered = (id: DestinationId): readonly Finding[] => {
      if (!exporters.has(id) || trace === undefined) return [];
      if (trace instanceof Error) return [];
      return [deliveryOf(options, id, after, trace, healthy.includes(id))];
    };
    return [
      ...surroundings,
      ...(trace instanceof Error ? [notSent(trace)] : []),
      ...DESTINATION_IDS.flatMap((id) => [...(examined.get(id) ?? []), ...delivered(id)]),
    ];
  };
}

const hasFailed = (findings: readonly Finding[] = []) => findings.some(({ status }) => status === 'failed');

function subjectOf(
  { config, outgoing, exporters }: DoctorOptions,
  id: DestinationId,
  status: Status,
): DestinationSubject {
  const { proxies } = outgoing;
  const placeOfAws = async () => (await outgoing.aws()).places[id === 'aws-xray' ? 'xray' : 'logs'];
  const isAws = id === 'aws-xray' || id === 'aws-cloudwatch-logs';
  return {
    id,
    status: status.destinations[id],
    maxAgeMs: config.journal.maxAgeMs,
    check: () => exporters.get(id)?.check() ?? noChecks(),
    async reachable(): Promise<ReachOptions> {
      if (id === 'honeycomb') return { url: config.honeycomb.endpoint, proxies };
      if (id === 'rollbar') return { url: config.rollbar.endpoint, proxies };
      const verifyTls = !(id === 'aws-xray' && config.xray.verifyTls === 'off');
      return { url: await (await placeOfAws()).endpoint(), proxies, verifyTls };
    },
    async caller() {
      if (!isAws) return undefined;
      const { source, account } = await (await outgoing.aws()).caller(await placeOfAws());
      return `from ${source}${account ? `, account ${account}` : '; STS does not say the account'}`;
    },
  };
}

async function* noChecks() {}

/** Waits for the destinations that have no other trouble. */
async function tryTrace(
  { config, version, watched, ledger, clock }: DoctorOptions,
  status: Status,
  destinations: readonly DestinationId[],
  { waitMs }: DoctorRequest,
): Promise<TestTrace | Error> {
  const isTls = status.listening.tls?.includes('otlp') === true;
  const otlpUrl = new URL(`http${isTls ? 's' : ''}://${loopbackOf(status.listening.otlp[0] ?? '')}`);
  const token = config.otlpReceiver.ingestToken?.reveal();
  // To this very process: a certificate for the name that clients use does not name this address.
  const http = createHttpClient({ connections: 1, clock, proxies: {}, verifyTls: !isTls });
  try {
    return await sendTestTrace(
      { watched, ledger, http, clock, version, otlpUrl, token },
      destinations,
      waitMs,
    );
  } catch (error) {
    return error as Error;
  } finally {
    await http.close();
  }
}

/** A listener on all addresses answers on loopback, too. */
function loopbackOf(address: string): string {
  return address.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
}

function notSent(error: Error): Finding {
  return {
    about: 'receivers',
    step: 'test trace',
    status: 'failed',
    what: `the test trace was not taken: ${error.message}`,
    data: 'what backends send now is refused as well; their SDKs keep it for seconds at most',
    fix: 'Look at the log for otlp_refused and at the journal above.',
  };
}

function deliveryOf(
  { exporters, config }: DoctorOptions,
  id: DestinationId,
  status: Status,
  trace: TestTrace,
  wasHealthy: boolean,
): Finding {
  const base = { about: id, step: 'test trace' } as const;
  const arrival = trace.arrivals.get(id);
  const subject = { id, status: status.destinations[id], maxAgeMs: config.journal.maxAgeMs };
  const { reason } = subject.status;
  if (!arrival && !wasHealthy)
    return {
      ...base,
      status: 'skipped',
      what: 'waits in the journal, and goes out when the above is mended',
    };
  if (!arrival)
    return {
      ...base,
      status: 'failed',
      what: reason ? `not delivered yet: ${reason.message}` : 'not delivered in that time',
      data: fateOf(subject),
      fix: reason?.fix ?? `Wait longer (--wait 2m): ${DESTINATION_NAMES[id]} has what is queued before it.`,
    };
  const link = exporters.get(id)?.traceUrl(trace);
  switch (arrival.outcome) {
    case 'delivered': {
      const what = `trace ${trace.traceId} delivered in ${Math.round(arrival.afterMs)} ms`;
      return { ...base, status: 'ok', what, ...(link ? { link } : {}) };
    }
    case 'skipped':
    case 'sampled':
      return {
        ...base,
        status: 'warning',
        what: `${arrival.outcome} (${arrival.code ?? 'sampling'}): it is not sent there`,
      };
    default:
      return {
        ...base,
        status: 'failed',
        what: `the test trace was ${arrival.outcome} (${arrival.code ?? 'unknown'})`,
        data: 'what is refused for good is in the dead letters',
        fix: `See what the vendor said: sidecast dead-letters --destination ${id} --show 1`,
      };
  }
}
