// Part of the tests: every flag, key and refusal of the X-Ray daemon, with what it does (as aws-xray-daemon 3.6.6 answered to the
// same words and files) and what we do.
import { describe, expect, it } from 'vitest';
import { optionGroups } from '../../src/app/options.ts';
import { readXRayCommand, type XRayCommand } from '../../src/cli/xray-command-line.ts';
import { SETTINGS, xrayUsage } from '../../src/cli/xray-settings.ts';
import { loadConfig } from '../../src/config/load.ts';

type Files = Readonly<Record<string, string | NodeJS.ErrnoException>>;

const errno = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

function reader(files: Files) {
  return (path: string) => {
    const file = files[path] ?? errno('ENOENT');
    if (typeof file === 'string') return file;
    throw file;
  };
}

const commandOf = (args: readonly string[], files: Files = {}) =>
  readXRayCommand(args, '1.2.3', reader(files));

function setBy(command: XRayCommand): Record<string, string> {
  if (command.do !== 'run') throw new Error(`it does not run: ${JSON.stringify(command)}`);
  return Object.fromEntries(Object.entries(command.preset).map(([name, { value }]) => [name, value]));
}

interface Flag {
  args: readonly string[];
  daemon: string;
  ours: Readonly<Record<string, string>>;
}

const FLAGS: readonly Flag[] = [
  { args: [], daemon: 'binds 127.0.0.1:2000, in its image 0.0.0.0:2000', ours: {} },
  { args: ['-a', 'arn:x'], daemon: 'tells X-Ray', ours: { SIDECAST_XRAY_RESOURCE_ARN: 'arn:x' } },
  { args: ['--resource-arn=arn:x'], daemon: 'the same', ours: { SIDECAST_XRAY_RESOURCE_ARN: 'arn:x' } },
  { args: ['-o'], daemon: 'asks no metadata', ours: { SIDECAST_AWS_METADATA: 'off' } },
  { args: ['--local-mode=false'], daemon: 'asks it', ours: { SIDECAST_AWS_METADATA: 'on' } },
  {
    args: ['-m', '16'],
    daemon: '256 buffers of 64 KiB',
    ours: { SIDECAST_XRAY_RECEIVE_BUFFER_BYTES: '16777216' },
  },
  {
    args: ['--buffer-memory', '0x3'],
    daemon: '48 buffers',
    ours: { SIDECAST_XRAY_RECEIVE_BUFFER_BYTES: '3145728' },
  },
  { args: ['-m', '0'], daemon: '1 % of the host', ours: {} },
  { args: ['-m', '-1'], daemon: '1 % of the host', ours: {} },
  { args: ['-n', 'eu-west-1'], daemon: 'that region', ours: { AWS_REGION: 'eu-west-1' } },
  { args: ['--region', 'a', '-n', 'b'], daemon: 'b', ours: { AWS_REGION: 'b' } },
  { args: ['-n', ''], daemon: 'AWS_REGION decides', ours: {} },
  {
    args: ['-b', '127.0.0.1:3000'],
    daemon: 'UDP there',
    ours: { SIDECAST_XRAY_UDP_ADDRESS: '127.0.0.1:3000' },
  },
  { args: ['--bind', ':3000'], daemon: 'UDP everywhere', ours: { SIDECAST_XRAY_UDP_ADDRESS: ':3000' } },
  {
    args: ['-t', '127.0.0.1:3000'],
    daemon: 'TCP there',
    ours: { SIDECAST_XRAY_TCP_ADDRESS: '127.0.0.1:3000' },
  },
  {
    args: ['--bind-tcp', '[::1]:3000'],
    daemon: 'TCP there',
    ours: { SIDECAST_XRAY_TCP_ADDRESS: '[::1]:3000' },
  },
  { args: ['-r', 'arn:r'], daemon: 'assumes it', ours: { SIDECAST_XRAY_ROLE_ARN: 'arn:r' } },
  { args: ['--role-arn=arn:r'], daemon: 'assumes it', ours: { SIDECAST_XRAY_ROLE_ARN: 'arn:r' } },
  { args: ['-f', '/var/log/x.log'], daemon: 'logs there', ours: { SIDECAST_LOG_FILE: '/var/log/x.log' } },
  { args: ['--log-file', 'x.log'], daemon: 'logs there', ours: { SIDECAST_LOG_FILE: 'x.log' } },
  { args: ['-l', 'dev'], daemon: 'trace', ours: { SIDECAST_LOG_LEVEL: 'trace' } },
  { args: ['-l', 'debug'], daemon: 'debug', ours: { SIDECAST_LOG_LEVEL: 'debug' } },
  { args: ['-l', 'info'], daemon: 'info', ours: { SIDECAST_LOG_LEVEL: 'info' } },
  { args: ['-l', 'warn'], daemon: 'warn', ours: { SIDECAST_LOG_LEVEL: 'warn' } },
  { args: ['-l', 'error'], daemon: 'error', ours: { SIDECAST_LOG_LEVEL: 'error' } },
  { args: ['--log-level', 'prod'], daemon: 'info', ours: { SIDECAST_LOG_LEVEL: 'info' } },
  { args: ['-l', 'Debug'], daemon: 'no level of its own: prod', ours: {} },
  { args: ['-p', 'http://proxy:3128'], daemon: 'for X-Ray', ours: { SIDECAST_PROXY: 'http://proxy:3128' } },
  {
    args: ['--proxy-address', 'proxy:3128'],
    daemon: 'starts, and sends nothing',
    ours: { SIDECAST_PROXY: 'http://proxy:3128' },
  },
  { args: ['xray -o -n eu-west-1 -b xray-daemon:2000'], daemon: 'ignores it', ours: {} },
  { args: ['xray', '-o', '-b', 'xray-daemon:2000'], daemon: 'ignores them', ours: {} },
  { args: ['-n', 'a', 'xray', '-n', 'b'], daemon: 'a', ours: { AWS_REGION: 'a' } },
  { args: ['-o', 'true'], daemon: 'ignores the word', ours: { SIDECAST_AWS_METADATA: 'off' } },
  { args: ['--', '-n', 'b'], daemon: 'ignores what follows', ours: {} },
];

describe('the flags of the X-Ray daemon', () => {
  it.each(FLAGS)('$args: it $daemon', ({ args, ours }) => {
    expect(setBy(commandOf(args))).toEqual(ours);
  });

  it('set options that exist, with values that these take', () => {
    for (const { args } of FLAGS) {
      const command = commandOf(args);
      if (command.do !== 'run') continue;
      const { effective, problems } = loadConfig(optionGroups, { preset: command.preset });
      expect(problems, String(args)).toEqual([]);
      const known = effective.map(({ option }) => option.env);
      expect(known, String(args)).toEqual(expect.arrayContaining(Object.keys(command.preset)));
    }
  });

  it('are all in the table above', () => {
    const tried = new Set(FLAGS.flatMap(({ args }) => args).map((word) => word.split('=')[0]));
    for (const { names } of Object.values(SETTINGS).filter((setting) => 'names' in setting)) {
      if (['config', 'version'].includes(names[0])) continue;
      expect(tried).toContain(`--${names[0]}`);
      expect(tried).toContain(`-${names[1]}`);
    }
  });

  it('say what they do not follow, where the daemon is silent', () => {
    const notices = (args: readonly string[]) => (commandOf(args) as { notices: readonly string[] }).notices;

    expect(notices(['-o'])).toEqual([]);
    expect(notices(['xray -o -b xray-daemon:2000'])).toEqual([
      expect.stringContaining('"xray -o -b xray-daemon:2000"'),
    ]);
    expect(notices(['-l', 'verbose'])).toEqual([expect.stringContaining('verbose')]);
  });

  it('go before the environment, which goes before our defaults', () => {
    const env = { AWS_REGION: 'env', SIDECAST_LOG_LEVEL: 'warn' };
    const { preset } = commandOf(['-n', 'flag']) as Extract<XRayCommand, { do: 'run' }>;

    const { values, effective } = loadConfig(optionGroups, { preset, env });

    expect([values.aws.region, values.process.logLevel]).toEqual(['flag', 'warn']);
    expect(effective.find(({ option }) => option.env === 'AWS_REGION')?.source).toBe('flag -n');
  });
});

describe('what the X-Ray daemon prints', () => {
  it('is its version in one line, for -v, --version and -v=true, with exit code 0', () => {
    for (const flag of ['-v', '--version', '-v=true'])
      expect(commandOf([flag])).toEqual({
        do: 'print',
        stdout: 'AWS X-Ray daemon version: 3.7.0+sidecast.1.2.3',
        exitCode: 0,
      });
  });

  it('is its version even when a file is unsound, which the daemon dies of', () => {
    expect(commandOf(['-v', '-c', 'none.yaml'])).toMatchObject({ do: 'print', exitCode: 0 });
    expect(commandOf(['-v'], { 'cfg.yaml': 'Region: x' })).toMatchObject({ do: 'print', exitCode: 0 });
  });

  it.each(['-h', '--h', '-help', '--help'])(
    'is its usage for %s, tabs included, with exit code 0',
    (flag) => {
      const command = commandOf([flag]);

      expect(command).toMatchObject({ do: 'print', stdout: xrayUsage(), exitCode: 0 });
      const lines = xrayUsage().split('\n');
      expect([lines.length, lines[0], lines[4], lines[5], lines.at(-1)]).toEqual([
        14,
        'Usage: X-Ray [options]',
        '\t-n\t--region\tSend segments to X-Ray service in a specific region.',
        '\t-b\t--bind\t\tOverrides default UDP address (127.0.0.1:2000).',
        '\t-h\t--help\t\tShow this screen',
      ]);
    },
  );

  it.each([
    [['-x'], 'flag provided but not defined: -x'],
    [['-on'], 'flag provided but not defined: -on'],
    [['-n us-west-2'], 'flag provided but not defined: -n us-west-2'],
    [['---n'], 'bad flag syntax: ---n'],
    [['-b'], 'flag needs an argument: -b'],
    [['-m', 'abc'], 'invalid value "abc" for flag -m: parse error'],
    [['-m', '99999999999999999999'], 'invalid value "99999999999999999999" for flag -m: value out of range'],
    [['-o=maybe'], 'invalid boolean value "maybe" for -o: parse error'],
  ])('for %j is the complaint on standard error and its usage, with exit code 2', (args, stderr) => {
    expect(commandOf(args)).toEqual({ do: 'print', stderr, stdout: xrayUsage(), exitCode: 2 });
  });
});

const SEE = 'Please refer to AWS X-Ray Documentation for more information.';
const MIGRATE = `Use X-Ray Daemon Config Migration Script to update the config file. ${SEE}`;
const MISSING = `Config Version is missing. ${MIGRATE}`;
const INCORRECT = `Config Version Setting is not correct. ${MIGRATE}`;
const unmarshal = (...lines: readonly string[]) =>
  ['Error occur when using config flag: yaml: unmarshal errors:', ...lines.map((line) => `  ${line}`)].join(
    '\n',
  );

/** Its words; ours are the same. */
const UNSOUND: readonly (readonly [yaml: string, words: string])[] = [
  ['', INCORRECT],
  ['Region: x', MISSING],
  ['version: 2', MISSING],
  ['Version: 3', INCORRECT],
  ['Version: "2"', unmarshal('line 1: cannot unmarshal !!str `2` into int')],
  ['Version: abc', unmarshal('line 1: cannot unmarshal !!str `abc` into int')],
  ['Version: 2\nProfile:\n  CPU: x', `Profile.CPU flag is not supported any more. ${SEE}`],
  ['Version: 2\nProfile:\n  Memory: x', `Profile.Memory flag is not supported any more. ${SEE}`],
  ['Version: 2\nSocket:\n  BufferSizeKB: 3', `Socket.BufferSizeKB flag is not supported any more. ${SEE}`],
  ['Version: 2\nLogging:\n  LogFormat: x', `Logging.LogFormat flag is not supported any more. ${SEE}`],
  [
    'Version: 2\nProcessor:\n  BatchProcessorQueueSize: 3',
    `Processor.BatchProcessorQueueSize flag is not supported any more. ${SEE}`,
  ],
  ['Version: 2\nLogRotation: true', `LogRotation flag is not supported. ${MIGRATE}`],
  ['Version: 2\nProcessor:\n  Region: a', `Processor.Region flag is not supported. ${MIGRATE}`],
  ['Version: 2\nProcessor:\n  Endpoint: a', `Processor.Endpoint flag is not supported. ${MIGRATE}`],
  ['Version: 2\nProcessor:\n  Routine: 1', `Processor.Routine flag is not supported. ${MIGRATE}`],
  ['Version: 2\nMemoryLimit: 3', `MemoryLimit flag is not supported. ${MIGRATE}`],
  ['Version: 2\nNope: 1', `Nope flag is invalid. ${SEE}`],
  ['Nope: 1\nVersion: 3', `Nope flag is invalid. ${SEE}`],
  ['Version: 2\nSocket:', `Socket flag is invalid. ${SEE}`],
  ['Version: 2\nSocket: [1]', `Socket flag is invalid. ${SEE}`],
  ['Version: 2\nSocket:\n  Nope: 1', `Socket.Nope flag is invalid. ${SEE}`],
  ['Version: 2\nLocalMode: "true"', unmarshal('line 2: cannot unmarshal !!str `true` into bool')],
  ['Version: 2\nLocalMode: 1', unmarshal('line 2: cannot unmarshal !!int `1` into bool')],
  [
    'Version: 2\nTotalBufferSizeMB: abc\nConcurrency: x',
    unmarshal('line 2: cannot unmarshal !!str `abc` into int', 'line 3: cannot unmarshal !!str `x` into int'),
  ],
  [
    'Version: 2\nTotalBufferSizeMB: 99999999999999999999',
    unmarshal('line 2: cannot unmarshal !!float `9999999...` into int'),
  ],
  ['Version: 2\nRegion: [a]', unmarshal('line 2: cannot unmarshal !!seq into string')],
  ['Version: 2\nSocket:\n  UDPAddress:\n    a: b', unmarshal('line 4: cannot unmarshal !!map into string')],
  ['just text', unmarshal('line 1: cannot unmarshal !!str `just text` into yaml.MapSlice')],
];

describe('the file of -c', () => {
  it.each(UNSOUND)(
    '%j is refused in the daemon’s words, on standard error, with exit code 1',
    (yaml, message) => {
      const command = commandOf(['-n', 'a', '-c', 'f.yaml'], { 'f.yaml': yaml });

      expect(command).toMatchObject({ do: 'refuse', to: 'stderr', message });
    },
  );

  it.each([
    ['ENOENT', 'open f.yaml: no such file or directory'],
    ['EACCES', 'open f.yaml: permission denied'],
    ['EISDIR', 'read f.yaml: is a directory'],
  ])('that cannot be opened (%s) is refused in the daemon’s words', (code, why) => {
    const message = `Error occur when using config flag: ${why}`;

    expect(commandOf(['-c', 'f.yaml'], { 'f.yaml': errno(code) })).toMatchObject({ do: 'refuse', message });
  });

  it('that is no YAML is refused with the line', () => {
    const command = commandOf(['-c', 'f.yaml'], { 'f.yaml': 'Version: 2\nRegion: {' });

    expect(command).toMatchObject({
      do: 'refuse',
      message: expect.stringMatching(/^Error occur when using config flag: yaml: line \d+: /),
    });
  });

  it('of version 1 or 2 sets what it has a key for, flags go before it, and nothing or zero is not set', () => {
    const yaml = [
      'TotalBufferSizeMB: 5.7',
      'Concurrency: 16',
      'Endpoint: xray.example.com',
      'Region: 5',
      'Socket: {UDPAddress: "0.0.0.0:2000", TCPAddress: ""}',
      'Logging:',
      '  LogRotation: no',
      '  LogLevel: debug',
      '  LogPath: ~',
      'LocalMode: yes',
      'ResourceARN: arn:a',
      'RoleARN: arn:r',
      'NoVerifySSL: true',
      'ProxyAddress: http://p:1',
      'proxyserver: {idleconntimeout: 3}',
    ].join('\n');
    const ours = {
      SIDECAST_XRAY_RECEIVE_BUFFER_BYTES: String(5 * 1024 * 1024),
      SIDECAST_XRAY_CONCURRENCY: '16',
      AWS_ENDPOINT_URL_XRAY: 'https://xray.example.com',
      AWS_REGION: '5',
      SIDECAST_XRAY_UDP_ADDRESS: '0.0.0.0:2000',
      SIDECAST_LOG_ROTATION: 'off',
      SIDECAST_LOG_LEVEL: 'debug',
      SIDECAST_AWS_METADATA: 'off',
      SIDECAST_XRAY_RESOURCE_ARN: 'arn:a',
      SIDECAST_XRAY_ROLE_ARN: 'arn:r',
      SIDECAST_XRAY_VERIFY_TLS: 'off',
      SIDECAST_PROXY: 'http://p:1',
    };

    for (const version of [1, 2, '2.0']) {
      const files = { 'f.yaml': `${yaml}\nVersion: ${version}` };
      expect(setBy(commandOf(['--config=f.yaml'], files))).toEqual(ours);
      const flags = ['-c', 'f.yaml', '-n', 'flag', '-o=false', '-l', 'loud'];
      expect(setBy(commandOf(flags, files))).toEqual({
        ...ours,
        AWS_REGION: 'flag',
        SIDECAST_AWS_METADATA: 'on',
      });
    }
    const { problems } = loadConfig(optionGroups, {
      preset: Object.fromEntries(Object.entries(ours).map(([name, value]) => [name, { value, source: '' }])),
    });
    expect(problems).toEqual([]);
  });

  it('goes before the environment', () => {
    const env = { AWS_REGION: 'env', HTTPS_PROXY: 'http://env:1' };
    const yaml = 'Version: 2\nRegion: file\nProxyAddress: http://file:1';
    const { preset } = commandOf(['-c', 'f.yaml'], { 'f.yaml': yaml }) as Extract<XRayCommand, { do: 'run' }>;

    const { values } = loadConfig(optionGroups, { preset, env });

    // The variable of the proxy counts where this option is not set.
    expect([values.aws.region, values.process.proxy?.href]).toEqual(['file', 'http://file:1/']);
  });

  it('may say the same key twice, as Go’s YAML does: the last one counts', () => {
    const files = { 'f.yaml': 'Version: 2\nRegion: a\nRegion: b' };

    expect(setBy(commandOf(['-c', 'f.yaml'], files))).toEqual({ AWS_REGION: 'b' });
  });
});

describe('a default file', () => {
  const sound = (region: string) => `Version: 2\nRegion: ${region}`;

  it('is the one in /etc, else the one in the working directory, and its unknown keys do no harm', () => {
    const here = { 'cfg.yaml': `${sound('here')}\nNope: 1` };
    const both = { ...here, '/etc/amazon/xray/cfg.yaml': sound('etc') };

    expect(setBy(commandOf([], both))).toEqual({ AWS_REGION: 'etc' });
    expect(setBy(commandOf(['-c', ''], here))).toEqual({ AWS_REGION: 'here' });
  });

  it('without a version ends the start, as in the daemon', () => {
    expect(commandOf([], { 'cfg.yaml': 'Region: a' })).toMatchObject({
      do: 'refuse',
      to: 'stderr',
      message: INCORRECT,
    });
  });

  it('that cannot be opened is skipped with a notice; the daemon dies of it', () => {
    expect(commandOf([], { '/etc/amazon/xray/cfg.yaml': errno('EACCES') })).toEqual({
      do: 'run',
      preset: {},
      notices: ['Ignored: open /etc/amazon/xray/cfg.yaml: permission denied'],
    });
  });

  it('is not looked at when -c names one; the daemon dies of an unsound one even then', () => {
    const files = { 'cfg.yaml': 'Region: a', 'f.yaml': sound('f') };

    expect(setBy(commandOf(['-c', 'f.yaml'], files))).toEqual({ AWS_REGION: 'f' });
  });
});

describe('a buffer of 1 or 2 MB', () => {
  const refused = {
    do: 'refuse',
    to: 'log',
    message: 'Not enough Buffers Memory Allocated. Min Buffers Memory required: 3 MB.',
  };

  it('is refused in the daemon’s words, whether a flag or a file says so', () => {
    expect(commandOf(['-m', '2'])).toMatchObject(refused);
    expect(commandOf(['-c', 'f'], { f: 'Version: 2\nTotalBufferSizeMB: 1' })).toMatchObject(refused);
  });
});
