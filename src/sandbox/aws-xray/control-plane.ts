// Part of the sandbox: X-Ray's calls that carry no segments, each held to its published request.
import type { Clock } from '../../model/clock.ts';
import { Groups } from './groups.ts';
import { type ControlPath, REQUESTS } from './model.ts';
import { type Fields, invalid, type Outcome } from './outcome.ts';
import { SamplingRules } from './rules.ts';
import { samplingTargets } from './sampling.ts';
import { complaintAbout } from './shape.ts';

export interface ControlPlane {
  knows(path: string): boolean;
  call(path: string, request: Fields): Outcome;
}

export function createControlPlane(clock: Clock): ControlPlane {
  const rules = new SamplingRules(clock);
  const groups = new Groups();
  const operations: Readonly<Record<ControlPath, (request: Fields) => Outcome>> = {
    '/GetSamplingRules': () => rules.list(),
    '/CreateSamplingRule': (request) => rules.create(request),
    '/UpdateSamplingRule': (request) => rules.update(request),
    '/DeleteSamplingRule': (request) => rules.remove(request),
    '/SamplingTargets': (request) => samplingTargets(request, rules, clock.now()),
    '/Groups': () => groups.list(),
    '/GetGroup': (request) => groups.get(request),
    '/CreateGroup': (request) => groups.create(request),
    '/UpdateGroup': (request) => groups.update(request),
    '/DeleteGroup': (request) => groups.remove(request),
    '/TelemetryRecords': () => ({ value: {} }),
  };
  const isControlPath = (path: string): path is ControlPath => Object.hasOwn(operations, path);

  return {
    knows: isControlPath,
    call(path, request) {
      if (!isControlPath(path)) return invalid(`The sandbox does not know ${path}.`);
      const complaint = complaintAbout(request, REQUESTS[path]);
      return complaint ? invalid(complaint) : operations[path](request);
    },
  };
}
