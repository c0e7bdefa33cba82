// Part of the tests: what fuzz inputs are made from: real captures, and what fast-check's grammars make.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { placeFrame } from '../../src/journal/frame.ts';
import { encodeRecordHead } from '../../src/journal/record.ts';
import { encodeSegmentHead } from '../../src/journal/segment-head.ts';
import type { OtlpSignal } from '../../src/model/signals.ts';
import { frameDocuments } from '../../src/protocols/xray/datagram.ts';
import { capture, encode, requests, SIGNALS } from '../protocols/otlp/oracle.ts';
import { accepted } from '../support/records.ts';

const CAPTURES = join(process.cwd(), 'test', 'fixtures', 'captures');
const GRAMMAR_RUNS = 60;

const names = readdirSync(CAPTURES).flatMap((folder) =>
  readdirSync(join(CAPTURES, folder)).map((name) => `${folder}/${name}`),
);
const ending = (end: string) => names.filter((name) => name.endsWith(end));
const sampled = <T>(arbitrary: fc.Arbitrary<T>) => fc.sample(arbitrary, { seed: 1, numRuns: GRAMMAR_RUNS });
const texts = (...all: readonly string[]) => all.map((text) => Buffer.from(text));

export const protobufOf = (signal: OtlpSignal): Buffer[] => [
  ...ending('.bin')
    .filter((name) => name.includes(signal))
    .map(capture),
  ...sampled(requests[signal]).map((request) => Buffer.from(encode(signal, request))),
];
export const protobuf = (): Buffer[] => SIGNALS.flatMap(protobufOf);

export const otlpJson = (): Buffer[] => [
  ...ending('.json')
    .filter((name) => /-otel.*(?:decoded|-json)\.json$/.test(name))
    .map((name) => readFileSync(join(CAPTURES, name)).subarray(0, 8192)),
  ...texts(...sampled(fc.json({ maxDepth: 6 }))),
  ...texts(
    '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","startTimeUnixNano":1544712660000000000,"attributes":[{"key":"a","value":{"intValue":"1"}}]}]}]}]}',
  ),
];

export const datagrams = (): Buffer[] => ending('.udp.txt').map((name) => readFileSync(join(CAPTURES, name)));

export const documents = (): Buffer[] => [
  ...datagrams().map((datagram) => datagram.subarray(datagram.indexOf(0x0a) + 1)),
  ...texts(...sampled(fc.json({ maxDepth: 6 }))),
];

export const framedDocuments = (): Buffer[] => [
  ...documents().map((one) => frameDocuments([one])),
  frameDocuments(documents().slice(0, 5)),
];

export const stacks = (): Buffer[] => {
  const found = names.flatMap((name) => {
    const text = readFileSync(join(CAPTURES, name), 'latin1');
    return [...text.matchAll(/(?:Traceback|Exception|Error)[^"\0]{40,1500}/g)]
      .slice(0, 3)
      .map((match) => match[0]);
  });
  return texts(
    ...found,
    'Traceback (most recent call last):\n  File "/app/app.py", line 1, in f\n    g()\nValueError: boom\n',
    'TypeError: x\n    at f (/app/a.js:1:2)\n    at async Object.<anonymous> (node:internal/x:3:4) {\n  [cause]: Error: y\n}',
    'java.lang.IllegalStateException: a\n\tat com.x.Y.z(Y.java:12)\nCaused by: java.io.IOException: b\n\t... 3 more\n',
    'panic: boom\n\ngoroutine 1 [running]:\nmain.f(0x1, 0x2)\n\t/app/main.go:10 +0x1d\n',
    'System.Exception: a ---> System.IO.IOException: b\n   at X.Y.Z(String s) in /app/X.cs:line 3\n   --- End of inner exception stack trace ---\n',
    "app.rb:3:in `f': boom (RuntimeError)\n\tfrom app.rb:7:in `<main>'\n",
    'PHP Fatal error:  Uncaught Exception: a in /app/a.php:3\nStack trace:\n#0 /app/b.php(7): f()\n#1 {main}\n',
  );
};

export const yaml = (): Buffer[] =>
  texts(
    'Version: 2\nTotalBufferSizeMB: 24\nSocket:\n  UDPAddress: "127.0.0.1:2000"\n  TCPAddress: "127.0.0.1:2000"\nLogging:\n  LogLevel: "prod"\n  LogRotation: true\n',
    'Version: 1\nRegion: "us-east-1"\nConcurrency: 010\nEndpoint: ""\nNoVerifySSL: no\nRoleARN: ""\n',
    'a: &a [1, 2, {b: *a}]\n<<: *a\n? x\n: |\n  text\n  more\n...\n---\n',
    ...sampled(fc.json({ maxDepth: 5 })),
  );

/** Words with NUL between them, as in /proc/PID/cmdline. */
export const commandLines = (): Buffer[] =>
  texts(
    '-o\0-b\0xray-daemon:2000',
    '--bind=0.0.0.0:2000\0--bind-tcp\x000.0.0.0:2000\0-n\0eu-west-1',
    '-m\x000x10\0-l\0debug\0-c\0/cfg.yaml\0rest',
    '-t\0[::1]:2000\0-r\0arn:aws:iam::1:role/x\0-p\0http://proxy:1\0-v',
    ...sampled(
      fc.array(
        fc.constantFrom('-o', '-b', '-t', '-n', '-m', '-l', '-f', '-c', '-h', '--', '-', '=', '1', 'true'),
        { maxLength: 8 },
      ),
    ).map((words) => words.join('\0')),
  );

/** Files as they are on disk: their head, and records. */
export const segments = (): Buffer[] =>
  [0, 1, 3, 20].map((records) => {
    const frames = [encodeSegmentHead({ after: 0, destinations: ['honeycomb', 'rollbar'] })];
    for (let place = 0; place < records; place++) {
      const record = accepted(`record ${place} `.repeat(place + 1));
      const head = encodeRecordHead(record);
      placeFrame(head, place);
      frames.push(head, Buffer.from(record.payload));
    }
    return Buffer.concat(frames);
  });
