// Part of cli: the X-Ray daemon's configuration file, with its checks and its words.
import { parseYaml11, type YamlNode } from '../config/yaml.ts';
import type { GoKind } from './xray-flags.ts';
import { ALL_SETTINGS, type SettingName } from './xray-settings.ts';

/** Where the daemon looks when no file is named; the first that is there. Its third place is its own source tree. */
export const DEFAULT_FILES = ['/etc/amazon/xray/cfg.yaml', 'cfg.yaml'] as const;

export class XRayFileError extends Error {
  override readonly name = 'XRayFileError';
}

const SEE = 'Please refer to AWS X-Ray Documentation for more information.';
const MIGRATE = `Use X-Ray Daemon Config Migration Script to update the config file. ${SEE}`;
const VERSIONS = [1, 2];

/** Of the first releases of the daemon. */
const GONE = [
  'Profile.CPU',
  'Profile.Memory',
  'Socket.BufferSizeKB',
  'Logging.LogFormat',
  'Processor.BatchProcessorQueueSize',
];
const MOVED = ['LogRotation', 'Processor.Region', 'Processor.Endpoint', 'Processor.Routine', 'MemoryLimit'];
/** The daemon takes these, and does nothing with them. */
const IDLE = ['proxyserver.idleconntimeout', 'proxyserver.maxidleconnsperhost', 'proxyserver.maxidleconns'];

const BY_KEY = new Map(
  ALL_SETTINGS.flatMap(([name, { yaml, kind }]) => (yaml ? [[yaml, { name, kind }] as const] : [])),
);
const KNOWN = new Set(['Version', ...IDLE, ...BY_KEY.keys()]);

/** `isNamed`: the file of -c, whose keys are all checked. What is empty or zero is not set. Throws XRayFileError. */
export function readXRayFile(text: string, isNamed: boolean): ReadonlyMap<SettingName, string> {
  const entries = flatten(parse(text));
  if (isNamed) checkKeys(entries.map(([key]) => key));
  const complaints: string[] = [];
  const decode = (kind: GoKind, node: YamlNode) => {
    const value = decodeScalar(kind, node);
    if (value === undefined)
      complaints.push(`  line ${node.line}: cannot unmarshal ${shown(node)} into ${kind}`);
    return value ?? '';
  };

  let version = 0;
  const values = new Map<SettingName, string>();
  for (const [key, node] of entries) {
    const setting = BY_KEY.get(key);
    if (key === 'Version') version = Number(decode('int', node));
    else if (setting) {
      const value = decode(setting.kind, node);
      if (value === '' || (setting.kind === 'int' && value === '0')) values.delete(setting.name);
      else values.set(setting.name, value);
    }
  }
  if (complaints.length > 0) throw trouble(['yaml: unmarshal errors:', ...complaints].join('\n'));
  if (!VERSIONS.includes(version))
    throw new XRayFileError(`Config Version Setting is not correct. ${MIGRATE}`);
  return values;
}

/** The daemon's preface for what it did not find out itself. */
export const trouble = (what: string) => new XRayFileError(`Error occur when using config flag: ${what}`);

function parse(text: string): YamlNode {
  try {
    return parseYaml11(text);
  } catch (error) {
    throw trouble(`yaml: ${(error as Error).message}`);
  }
}

type Entry = readonly [key: string, node: YamlNode];

function flatten(root: YamlNode): readonly Entry[] {
  if (root.kind === 'scalar' && root.value === null) return [];
  if (root.kind !== 'map')
    throw trouble(
      `yaml: unmarshal errors:\n  line ${root.line}: cannot unmarshal ${shown(root)} into yaml.MapSlice`,
    );
  return root.entries.flatMap(([key, node]): Entry[] =>
    node.kind === 'map' ? node.entries.map(([inner, value]) => [`${key}.${inner}`, value]) : [[key, node]],
  );
}

function checkKeys(keys: readonly string[]): void {
  if (keys.length > 0 && !keys.includes('Version'))
    throw new XRayFileError(`Config Version is missing. ${MIGRATE}`);
  const unknown = keys.find((key) => !KNOWN.has(key));
  if (unknown === undefined) return;
  if (GONE.includes(unknown)) throw new XRayFileError(`${unknown} flag is not supported any more. ${SEE}`);
  if (MOVED.includes(unknown)) throw new XRayFileError(`${unknown} flag is not supported. ${MIGRATE}`);
  throw new XRayFileError(`${unknown} flag is invalid. ${SEE}`);
}

/** Undefined where Go would refuse; '' for nothing. A fraction is cut off, text is whatever was written. */
function decodeScalar(kind: GoKind, node: YamlNode): string | undefined {
  if (node.kind !== 'scalar') return undefined;
  if (node.value === null) return '';
  if (kind === 'string') return node.text;
  if (kind === 'bool') return typeof node.value === 'boolean' ? String(node.value) : undefined;
  return typeof node.value === 'number' && Math.abs(node.value) < 2 ** 63
    ? String(Math.trunc(node.value))
    : undefined;
}

/** Go's YAML library shows ten characters, or seven and dots. */
function shown(node: YamlNode): string {
  if (node.kind !== 'scalar') return `!!${node.kind}`;
  const text = node.text.length > 10 ? `${node.text.slice(0, 7)}...` : node.text;
  return `!!${tagOf(node.value)} \`${text}\``;
}

function tagOf(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value !== 'number') return 'str';
  return Number.isSafeInteger(value) ? 'int' : 'float';
}
