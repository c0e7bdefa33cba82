// Part of cli: `sidecast redact-test FILE`: what would leave of a file with OTLP (protobuf or JSON), an X-Ray document or datagram, or any text.
import { readFileSync } from 'node:fs';
import { optionGroups } from '../app/options.ts';
import { loadConfig, processSources } from '../config/load.ts';
import { renderProblem } from '../config/problems.ts';
import type { Accepted } from '../model/signals.ts';
import { createRedactor } from '../processors/redact/index.ts';
import { settingsOf, withPatterns } from '../processors/redact/settings.ts';
import { jsonToProtobuf, protobufToJson } from '../protocols/otlp/json.ts';
import { scan } from '../protocols/otlp/scan.ts';
import { sniffJson, sniffProtobuf } from '../protocols/otlp/sniff.ts';
import {
  frameDocuments,
  parseDatagram,
  readDocuments,
  summarizeDocuments,
} from '../protocols/xray/datagram.ts';
import type { Edge } from './edge.ts';

const EXIT_CLEAN = 0;
const EXIT_UNREADABLE = 1;
const EXIT_BAD_USAGE = 2;
const USAGE =
  'sidecast redact-test FILE [--redact-deny NAMES …]: prints what would leave of the file, and by which rules';

export async function redactTest(edge: Edge): Promise<number> {
  const [file, ...flags] = edge.flags;
  if (file === '--help' || file === '-h') {
    edge.stdout(USAGE);
    return EXIT_CLEAN;
  }
  const { values, problems } = loadConfig(optionGroups, processSources(flags));
  const wrong = problems.filter(({ option, source }) => source === 'flag' || /REDACT/.test(option));
  for (const problem of wrong) edge.stderr(`sidecast: ${renderProblem(problem)}`);
  if (file === undefined || file.startsWith('-')) edge.stderr(`sidecast: no file is named. ${USAGE}`);
  if (file === undefined || file.startsWith('-') || wrong.length > 0) return EXIT_BAD_USAGE;
  const redactor = createRedactor(withPatterns(settingsOf(values.redact)));
  try {
    const { accepted, render } = read(readFileSync(file));
    edge.stdout(render(redactor.redact(accepted).payload));
  } catch (error) {
    edge.stderr(`sidecast: nothing is shown of ${file}: ${(error as Error).message}`);
    return EXIT_UNREADABLE;
  }
  const counts = Object.entries(redactor.counts()).map(([rule, count]) => `${rule} ${count}`);
  edge.stderr(
    counts.length > 0 ? `sidecast: replaced: ${counts.join(', ')}` : 'sidecast: nothing is replaced',
  );
  return EXIT_CLEAN;
}

interface Input {
  accepted: Accepted;
  render(payload: Uint8Array): string;
}

function read(bytes: Buffer): Input {
  const ofJson = sniffJson(bytes.toString('utf8'));
  const signal = ofJson ?? sniffProtobuf(bytes);
  const head = { receivedAtMs: 0, origin: { peer: '' } };
  if (signal) {
    const payload = ofJson ? Buffer.from(jsonToProtobuf(ofJson, bytes.toString('utf8'))) : bytes;
    return {
      accepted: { ...head, signal, payload, summary: scan(signal, payload).summary },
      render: (redacted) => JSON.stringify(protobufToJson(signal, redacted), null, 2),
    };
  }
  // Anything else is taken as X-Ray's receiver takes it, which reads no further than it must.
  const datagram = parseDatagram(bytes);
  const payload = frameDocuments([datagram.ok ? datagram.document : bytes]);
  return {
    accepted: { ...head, signal: 'segments', payload, summary: summarizeDocuments(payload) },
    render: (redacted) => Buffer.concat(readDocuments(redacted)).toString('utf8'),
  };
}
