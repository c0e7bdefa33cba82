// Part of the tests: the X-Ray SDK for Node, which sends three traces. Says when they are out.
const { createRequire } = require('node:module');

/** The folder that the SDK was installed into. */
const load = createRequire(`${process.argv[2]}/package.json`);
const { Segment, setContextMissingStrategy } = load('aws-xray-sdk-core');

setContextMissingStrategy('IGNORE_ERROR');

function nested(segment) {
  const a = segment.addNewSubsegment('a');
  const b = a.addNewSubsegment('b');
  for (const one of [b.addNewSubsegment('c'), b, a]) one.close();
}

function failing(segment) {
  segment.addNewSubsegment('failing').close(new Error('boom ☁'));
}

function many(segment) {
  for (let number = 0; number < 150; number++) segment.addNewSubsegment(`sub-${number}`).close();
}

for (const work of [nested, failing, many]) {
  const segment = new Segment(work.name);
  work(segment);
  segment.close();
}
console.log(JSON.stringify({ step: 'documents' }));
setInterval(() => undefined, 1000);
