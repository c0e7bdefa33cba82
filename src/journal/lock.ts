// Part of the journal: one process for one data directory. The lock is a listening Unix socket: it dies with its process.
import { readFileSync, rmSync, statSync } from 'node:fs';
import { readFile, unlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Lock {
  /** False once its file is gone or another's: somebody cleared the directory. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

export class LockedError extends Error {
  override readonly name = 'LockedError';
}

/** sockaddr_un.sun_path holds 108 bytes on Linux, 104 on macOS, with the closing zero. */
const MAX_SOCKET_PATH_BYTES = 103;

/** Whoever found the same dead lock at the same moment has removed ours within this time, or never does. */
const RIVALRY_MS = 50;

/** Throws LockedError when another live process holds the directory. */
export async function acquireLock(dir: string): Promise<Lock> {
  const path = join(dir, 'lock');
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) return acquireByFile(`${path}.json`, dir);
  try {
    return await acquireBySocket(path, dir);
  } catch (error) {
    if (error instanceof LockedError || !isUnsupported(error)) throw error;
    return acquireByFile(`${path}.json`, dir);
  }
}

async function acquireBySocket(path: string, dir: string): Promise<Lock> {
  let isContested = false;
  for (let attempt = 0; attempt < 3; attempt++) {
    const server = await listen(path);
    if (server) {
      const lock = holdSocket(server, path);
      if (isContested) await delay(RIVALRY_MS);
      if (await lock.isHeld()) return lock;
    }
    const found = fileAt(path);
    if (await answers(path)) throw new LockedError(`another sidecast uses ${dir}`);
    // Nobody listens: the process that made it was killed.
    isContested = true;
    // At once, so that there is no time for a rival to have put its own there.
    if (found && fileAt(path) === found) rmSync(path, { force: true });
  }
  throw new LockedError(`the lock in ${dir} could not be taken`);
}

/** Undefined when there is such a socket, dead or alive. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve(server));
  });
}

function holdSocket(server: Server, path: string): Lock {
  const ours = fileAt(path);
  const isHeld = async () => ours !== undefined && fileAt(path) === ours;
  return {
    isHeld,
    async release() {
      // Closing removes whatever has that name: a socket that is another's by now is left alone, and ours ends with the process.
      if (await isHeld()) await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** Numbers of inodes are given again at once: also when it was made. */
function fileAt(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.ino} ${stat.birthtimeNs}`;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function isUnsupported(error: unknown): boolean {
  return ['EOPNOTSUPP', 'ENOTSUP', 'EINVAL', 'EPERM', 'ENAMETOOLONG'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
}

/** Where sockets are unsupported: pid, its start time and the boot's id tell whether the owner lives. */
async function acquireByFile(path: string, dir: string): Promise<Lock> {
  const read = () => readFile(path, 'utf8').catch(() => undefined);
  const own = identity(process.pid);
  const owner = await read();
  if (owner && isAlive(owner)) throw new LockedError(`another sidecast uses ${dir}`);
  if (owner !== undefined) await unlink(path).catch(() => undefined);
  try {
    await writeFile(path, own, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new LockedError(`another sidecast uses ${dir}`);
  }
  const isHeld = async () => (await read()) === own;
  return {
    isHeld,
    async release() {
      if (await isHeld()) await unlink(path).catch(() => undefined);
    },
  };
}

function isAlive(owner: string): boolean {
  const pid = Number(owner.split(' ')[0]);
  return pid !== process.pid && owner === identity(pid);
}

/** `<pid> <start time in ticks> <boot id>`; field 22 of /proc/<pid>/stat, counted after the name in parentheses. */
function identity(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${pid} ${startTicks} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
  } catch {
    return `${pid} unknown`;
  }
}
