// Part of the tests: what the image does with the arguments that people give it and the X-Ray daemon's image.
import { describe, expect, it } from 'vitest';
import { imageArguments } from '../../src/cli/image-arguments.ts';

const XRAY = ['xray', '-t', ':2000', '-b', ':2000'];
/** As the image sets them, and as ECS and X-Ray's users do. */
const ENV = {
  SIDECAST_HOST: '0.0.0.0,::',
  SIDECAST_DATA_DIR: '/var/lib/sidecast',
  AWS_REGION: 'eu-west-1',
  AWS_ENDPOINT_URL_XRAY: 'http://x',
  ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/x',
};
const argumentsOf = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  imageArguments(args, { env: { ...ENV, ...more } });

describe('the image', () => {
  it.each([
    [['xray -o -b xray-daemon:2000']],
    [['xray', '-o', '-b', 'xray-daemon:2000']],
    [['/usr/bin/xray', '-o']],
    [['/xray']],
    [['-o', '-n', 'us-east-1']],
    [['--local-mode', '--log-level', 'dev']],
    [['-t', '0.0.0.0:2000', '-o', '-l', 'dev']],
    [['--config', '/path.yml']],
    [['-n us-west-2']],
    [['--help']],
    [['-x']],
    [['']],
  ])('takes %j for the X-Ray daemon’s command line, behind the addresses that its image has', (args) => {
    expect(argumentsOf(args)).toEqual([...XRAY, ...args]);
  });

  it.each([
    [['run', '--config', '/path.yml']],
    [['sandbox', '--port', '4320']],
    [['health']],
    [['help']],
    [['--otlp-port', '4000']],
    [['--honeycomb-dataset=x']],
    [['demoo']],
  ])('takes %j for sidecast’s own', (args) => {
    expect(argumentsOf(args)).toEqual(args);
  });

  it('takes nothing for the X-Ray daemon where nothing is set that is not the daemon’s too', () => {
    expect(argumentsOf([])).toEqual(XRAY);
  });

  it.each(['HONEYCOMB_API_KEY', 'ROLLBAR_ACCESS_TOKEN', 'CLOUDWATCH_LOG_GROUP', 'SIDECAST_LOG_LEVEL'])(
    'takes nothing for sidecast’s own where %s is set',
    (name) => {
      expect(argumentsOf([], { [name]: 'info' })).toEqual(['run']);
      expect(argumentsOf([], { [name]: '' })).toEqual(XRAY);
    },
  );
});
