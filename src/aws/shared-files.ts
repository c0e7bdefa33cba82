// Part of aws: the files of profiles, also where the home of this user is not the one that they were mounted into.
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** The homes of the X-Ray daemon's image, now and before it gave root up (aws-xray-daemon issue 202). */
const OTHER_HOMES = ['/home/xray', '/root'];

const CREDENTIALS = 'AWS_SHARED_CREDENTIALS_FILE';
const CONFIG = 'AWS_CONFIG_FILE';

export interface SharedFiles {
  /** Variables that lead the SDK there; none when it finds them by itself. */
  variables: Readonly<Record<string, string>>;
  /** What is there and cannot be read, where nothing else can. */
  unreadable: readonly string[];
}

export type Access = 'readable' | 'unreadable' | 'missing';

export function findSharedFiles(
  env: Readonly<Record<string, string | undefined>>,
  accessOf: (path: string) => Access = accessOnDisk,
  otherHomes: readonly string[] = OTHER_HOMES,
): SharedFiles {
  if (env[CREDENTIALS] || env[CONFIG]) return { variables: {}, unreadable: [] };
  const own = env['HOME'];
  const unreadable: string[] = [];
  for (const home of new Set([...(own ? [own] : []), ...otherHomes])) {
    const files = [join(home, '.aws', 'credentials'), join(home, '.aws', 'config')] as const;
    const access = files.map(accessOf);
    if (access.includes('readable'))
      return {
        variables: home === own ? {} : { [CREDENTIALS]: files[0], [CONFIG]: files[1] },
        unreadable: [],
      };
    unreadable.push(...files.filter((_, index) => access[index] === 'unreadable'));
  }
  return { variables: {}, unreadable };
}

/** What lies in a folder that is closed to us may be there or not: nobody is told about it. */
function accessOnDisk(path: string): Access {
  try {
    statSync(path);
  } catch {
    return 'missing';
  }
  try {
    accessSync(path, constants.R_OK);
    return 'readable';
  } catch {
    return 'unreadable';
  }
}
