// Part of the tests: the X-Ray SDK for Node, asked for decisions. Says what it decided and knows, a JSON object a line.
const { createRequire } = require('node:module');
const { setTimeout: pause } = require('node:timers/promises');

/** The folder that the SDK was installed into. */
const load = createRequire(`${process.argv[2]}/package.json`);
const { Segment, middleware, setContextMissingStrategy } = load('aws-xray-sdk-core');
const ruleCache = load('aws-xray-sdk-core/dist/lib/middleware/sampling/rule_cache.js');

setContextMissingStrategy('IGNORE_ERROR');
const say = (step, what) => console.log(JSON.stringify({ step, ...what }));
const decide = (urlPath) =>
  middleware.sampler.shouldSample({
    host: 'localhost',
    httpMethod: 'GET',
    urlPath,
    serviceName: 'backend-flask',
  });
const sampled = (path, requests = 200) =>
  Array.from({ length: requests }, () => decide(path)).filter(Boolean).length;

function serve(path) {
  const rule = decide(path);
  const segment = new Segment('backend-flask');
  if (!rule) segment.notTraced = true;
  segment.close();
}

async function main() {
  decide('/');
  while (!ruleCache.getLastUpdated()) await pause(50);
  say('rules', { names: ruleCache.getRules().map((rule) => rule.getName()) });

  const decided = { '/nothing/1': sampled('/nothing/1'), '/everything/1': sampled('/everything/1') };
  for (let request = 0; request < 100; request++) {
    serve('/nothing/1');
    serve('/everything/1');
    await pause(2);
  }
  say('decisions', { sampled: decided });

  const rule = ruleCache.getRules().find((one) => one.getName() === 'Ten');
  while (!rule.getReservoir().quota) {
    decide('/ten/1');
    await pause(200);
  }
  say('quota', { quota: rule.getReservoir().quota });
}

void main();
