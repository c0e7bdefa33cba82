// Part of the build: the test projects. `npm test` runs unit, contract and integration; the others need more than Node.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const project = (
  name: string,
  include: string[],
  exclude: string[] = [],
  timeoutMs = 20_000,
  isParallel = true,
) => ({
  test: {
    name,
    include,
    exclude,
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    fileParallelism: isParallel,
    // Tests of a file that say they may run at once do little but wait.
    maxConcurrency: 8,
    // The bundle says this once in its own words; here it would be said by every file.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
});

const special = [
  'contract',
  'integration',
  'clients',
  'container',
  'browser',
  'chaos',
  'bench',
  'kafka',
  'arm64',
  'commands',
];

const everythingElse = project(
  'unit',
  ['test/**/*.test.ts'],
  special.map((folder) => `test/${folder}/**`),
);
/** They measure no times of each other: where there are two cores, three files run at a time, as half of it is waiting. */
const unit = {
  test: {
    ...everythingElse.test,
    maxWorkers: Math.max(3, availableParallelism() - 1),
    sequence: { groupOrder: 1 },
  },
};

export default defineConfig({
  test: {
    // Tests of whole programs mostly wait: also where there are two cores, two files run at a time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      unit,
      project('contract', ['test/contract/**/*.test.ts']),
      project('integration', ['test/integration/**/*.test.ts'], [], 120_000),
      // They share one Python environment, which the first of them makes.
      project('clients', ['test/clients/**/*.test.ts'], [], 600_000, false),
      project('container', ['test/container/**/*.test.ts'], [], 900_000),
      // One browser at a time: what is measured is the page, not the queue for a core.
      project('browser', ['test/browser/**/*.test.ts'], [], 60_000, false),
      // Real brokers, by a tool that KAFKA_BROKERS_TOOL names.
      project('kafka', ['test/kafka/**/*.test.ts'], [], 3_600_000, false),
      // Node of the image's other processor, emulated: what NODE_ARM64 says.
      project('arm64', ['test/arm64/**/*.test.ts'], [], 120_000),
      // What the README shows to contributors: one command at a time, as each builds and measures.
      project('commands', ['test/commands/**/*.test.ts'], [], 300_000, false),
      // Kills, faults and load: one file at a time, or they would measure each other.
      project('chaos', ['test/chaos/**/*.test.ts'], [], 3_600_000, false),
    ],
  },
});
