// Part of cli: what the X-Ray daemon can be told, by flag or in its file, and which of our options that sets.
import type { GoFlag, GoKind } from './xray-flags.ts';

export interface XRaySetting {
  kind: GoKind;
  /** Long and short. */
  names?: readonly [long: string, short: string];
  /** The daemon's own help. */
  usage?: string;
  /** Key of its file. */
  yaml?: string;
  /** What the daemon does, and what happens here: the README's table. */
  daemon: string;
  here: string;
  /** Our variables, as one would set them; none where the default of ours serves. */
  sets?(value: string): Readonly<Record<string, string>>;
}

const MIB = 1024 * 1024;
/** The most that our option takes; the daemon has no bound. */
const MAX_CONCURRENCY = 64;
/** The daemon's buffers are useless below. */
export const MIN_BUFFER_MB = 3;

/** Case matters to the daemon too. What is not here is no level, which it ignores without a word. */
const LOG_LEVELS: Readonly<Record<string, string>> = {
  dev: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  prod: 'info',
};

export const isLogLevel = (level: string) => Object.hasOwn(LOG_LEVELS, level);

const withScheme = (scheme: string, url: string) => (url.includes('://') ? url : `${scheme}://${url}`);

/** In the order of the daemon's help. */
export const SETTINGS = {
  resourceArn: {
    kind: 'string',
    names: ['resource-arn', 'a'],
    usage: 'Amazon Resource Name (ARN) of the AWS resource running the daemon.',
    yaml: 'ResourceARN',
    daemon: 'told X-Ray with its counts',
    here: 'the same (`SIDECAST_XRAY_RESOURCE_ARN`)',
    sets: (arn) => ({ SIDECAST_XRAY_RESOURCE_ARN: arn }),
  },
  localMode: {
    kind: 'bool',
    names: ['local-mode', 'o'],
    usage: "Don't check for EC2 instance metadata.",
    yaml: 'LocalMode',
    daemon:
      'asks neither ECS nor EC2 for region, host name and instance id; credentials still come from there',
    here: 'the same for the region (`SIDECAST_AWS_METADATA=off`); without it nothing waits for the answer, which has 1 s. Host name and instance id: `AWS_HOSTNAME` and `AWS_INSTANCE_ID` only',
    sets: (isLocal) => ({ SIDECAST_AWS_METADATA: isLocal === 'true' ? 'off' : 'on' }),
  },
  bufferMemory: {
    kind: 'int',
    names: ['buffer-memory', 'm'],
    usage: 'Change the amount of memory in MB that buffers can use (minimum 3).',
    yaml: 'TotalBufferSizeMB',
    daemon:
      'memory in which datagrams wait; without it 1 % of the host, and exit 1 on a host below 300 MB. 1 and 2: exit 1',
    here: 'the UDP receive buffer to ask the kernel for (`SIDECAST_XRAY_RECEIVE_BUFFER_BYTES`); without it 8 MB on every host. What was read waits in the journal. 1 and 2: exit 1',
    sets: (megabytes) =>
      Number(megabytes) > 0 ? { SIDECAST_XRAY_RECEIVE_BUFFER_BYTES: String(Number(megabytes) * MIB) } : {},
  },
  region: {
    kind: 'string',
    names: ['region', 'n'],
    usage: 'Send segments to X-Ray service in a specific region.',
    yaml: 'Region',
    daemon: 'goes before `AWS_REGION`',
    here: 'the same',
    sets: (region) => ({ AWS_REGION: region }),
  },
  bind: {
    kind: 'string',
    names: ['bind', 'b'],
    usage: 'Overrides default UDP address (127.0.0.1:2000).',
    yaml: 'Socket.UDPAddress',
    daemon: 'UDP address; its image says `0.0.0.0:2000`',
    here: 'the same (`SIDECAST_XRAY_UDP_ADDRESS`); without it every address, port 2000',
    sets: (address) => ({ SIDECAST_XRAY_UDP_ADDRESS: address }),
  },
  bindTcp: {
    kind: 'string',
    names: ['bind-tcp', 't'],
    usage: 'Overrides default TCP address (127.0.0.1:2000).',
    yaml: 'Socket.TCPAddress',
    daemon: 'TCP address of the sampling calls; its image says `0.0.0.0:2000`. Taken: goes on without',
    here: 'the same (`SIDECAST_XRAY_TCP_ADDRESS`); without it every address, port 2000. Taken: goes on without, and `/readyz` says so',
    sets: (address) => ({ SIDECAST_XRAY_TCP_ADDRESS: address }),
  },
  roleArn: {
    kind: 'string',
    names: ['role-arn', 'r'],
    usage: 'Assume the specified IAM role to upload segments to a different account.',
    yaml: 'RoleARN',
    daemon: 'role for X-Ray, session name `xray-daemon`',
    here: 'the same (`SIDECAST_XRAY_ROLE_ARN`)',
    sets: (arn) => ({ SIDECAST_XRAY_ROLE_ARN: arn }),
  },
  config: {
    kind: 'string',
    names: ['config', 'c'],
    usage: 'Load a configuration file from the specified path.',
    daemon:
      'YAML file, checked key by key. A default file (`/etc/amazon/xray/cfg.yaml`, else `cfg.yaml` where it was started) must be sound even then',
    here: 'the same checks and words. A default file is read only without `-c`, and one that cannot be opened is skipped with a warning',
  },
  logFile: {
    kind: 'string',
    names: ['log-file', 'f'],
    usage: 'Output logs to the specified file path.',
    yaml: 'Logging.LogPath',
    daemon: 'instead of standard output; at 50 MB a new one, one old one is kept',
    here: 'the same (`SIDECAST_LOG_FILE`); a file that cannot be written is named, and standard output used',
    sets: (path) => ({ SIDECAST_LOG_FILE: path }),
  },
  logLevel: {
    kind: 'string',
    names: ['log-level', 'l'],
    usage: 'Log level, from most verbose to least: dev, debug, info, warn, error, prod (default).',
    yaml: 'Logging.LogLevel',
    daemon: '`prod` is info, `dev` is trace; an unknown level is ignored',
    here: 'the same (`SIDECAST_LOG_LEVEL`); an unknown level is ignored with a warning',
    sets: (level): Record<string, string> => {
      const ours = LOG_LEVELS[level];
      return ours && isLogLevel(level) ? { SIDECAST_LOG_LEVEL: ours } : {};
    },
  },
  proxyAddress: {
    kind: 'string',
    names: ['proxy-address', 'p'],
    usage: 'Proxy address through which to upload segments.',
    yaml: 'ProxyAddress',
    daemon: 'proxy for X-Ray, else `HTTPS_PROXY`; `NO_PROXY` is not read',
    here: 'proxy for every destination (`SIDECAST_PROXY`), else `HTTPS_PROXY`; `NO_PROXY` holds. Metadata never goes through it',
    sets: (proxy) => ({ SIDECAST_PROXY: withScheme('http', proxy) }),
  },
  version: {
    kind: 'bool',
    names: ['version', 'v'],
    usage: 'Show AWS X-Ray daemon version.',
    daemon: 'prints `AWS X-Ray daemon version: …`, unless its file is unsound',
    here: 'the same line, whatever the file',
  },
  concurrency: {
    kind: 'int',
    yaml: 'Concurrency',
    daemon: 'calls to X-Ray at once (8)',
    here: `the same (\`SIDECAST_XRAY_CONCURRENCY\`), ${MAX_CONCURRENCY} at most`,
    sets: (calls) => ({
      SIDECAST_XRAY_CONCURRENCY: String(Math.min(Math.max(1, Number(calls)), MAX_CONCURRENCY)),
    }),
  },
  endpoint: {
    kind: 'string',
    yaml: 'Endpoint',
    daemon: 'endpoint of X-Ray',
    here: 'the same (`AWS_ENDPOINT_URL_XRAY`)',
    sets: (url) => ({ AWS_ENDPOINT_URL_XRAY: withScheme('https', url) }),
  },
  logRotation: {
    kind: 'bool',
    yaml: 'Logging.LogRotation',
    daemon: 'false: the log file grows for ever',
    here: 'the same (`SIDECAST_LOG_ROTATION=off`)',
    sets: (isOn) => ({ SIDECAST_LOG_ROTATION: isOn === 'true' ? 'on' : 'off' }),
  },
  noVerifySsl: {
    kind: 'bool',
    yaml: 'NoVerifySSL',
    daemon: 'true: the certificate of X-Ray is not checked',
    here: 'the same (`SIDECAST_XRAY_VERIFY_TLS=off`)',
    sets: (isOff) => ({ SIDECAST_XRAY_VERIFY_TLS: isOff === 'true' ? 'off' : 'on' }),
  },
} satisfies Readonly<Record<string, XRaySetting>>;

export type SettingName = keyof typeof SETTINGS;

export const ALL_SETTINGS = Object.entries(SETTINGS) as readonly (readonly [SettingName, XRaySetting])[];

export const GO_FLAGS: readonly GoFlag[] = ALL_SETTINGS.flatMap(([, { names, kind }]) =>
  names ? [{ names, kind }] : [],
);

/** As the daemon prints it, tabs included. */
export function xrayUsage(): string {
  const lines = ALL_SETTINGS.flatMap(([, { names, usage }]) => {
    if (!names) return [];
    const [long, short] = names;
    return [`\t-${short}\t--${long}${long.length <= 4 ? '\t' : ''}\t${usage}`];
  });
  return ['Usage: X-Ray [options]', ...lines, '\t-h\t--help\t\tShow this screen'].join('\n');
}

/** The README's table. */
export function xraySettingsTable(): string {
  const rows = ALL_SETTINGS.map(([, { names, yaml, daemon, here }]) => {
    const words = [...(names ? [`-${names[1]}`, `--${names[0]}`] : []), ...(yaml ? [yaml] : [])];
    return `| ${words.map((word) => `\`${word}\``).join(' · ')} | ${daemon} | ${here} |`;
  });
  return ['| flag · key of the file | the daemon | here |', '| --- | --- | --- |', ...rows].join('\n');
}
