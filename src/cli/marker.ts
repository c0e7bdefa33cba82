// Part of cli: `sidecast marker MESSAGE`: a line in Honeycomb's graphs, such as at a deploy.
import { createOutgoing } from '../app/outgoing.ts';
import type { Problem } from '../config/problems.ts';
import { setMarker } from '../exporters/honeycomb/markers.ts';
import { systemClock } from '../model/clock.ts';
import { readCommandLine } from './command-line.ts';
import type { Edge } from './edge.ts';

const EXIT_SET = 0;
const EXIT_FAILED = 1;

export async function marker(edge: Edge): Promise<number> {
  const [message = '', ...flags] = edge.flags;
  const hasNone = message === '' || message.startsWith('-');
  const line = readCommandLine({ ...edge, flags: hasNone ? edge.flags : flags }, 'marker', () =>
    hasNone ? [NO_MESSAGE] : [],
  );
  if (typeof line === 'number') return line;
  const { config, env, values } = line;
  const outgoing = createOutgoing({
    config,
    env,
    version: edge.version,
    clock: systemClock,
    events: {
      awsConnected: () => undefined,
      awsEndpointIgnored: () => undefined,
      awsFilesUnreadable: () => undefined,
    },
  });
  try {
    const { type = 'deploy', url, dataset } = values;
    const failure = await setMarker(config.honeycomb, outgoing.http, { message, type, url, dataset });
    if (failure) edge.stderr(`sidecast: no marker was set: ${failure.message}. ${failure.fix}`);
    else edge.stdout(`Honeycomb has a marker: ${message}`);
    return failure ? EXIT_FAILED : EXIT_SET;
  } finally {
    await outgoing.close();
  }
}

const NO_MESSAGE: Problem = {
  option: 'marker',
  source: 'typed',
  value: '',
  message: 'needs a message',
  fix: 'Type sidecast marker MESSAGE, and then the flags.',
};
