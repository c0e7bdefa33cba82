// Part of the journal: one process for one data directory. The lock is a listening Unix socket: it dies with its process.
import { readFileSync } from 'node:fs';
import { readFile, unlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

export interface Lock {
  release(): Promise<void>;
}

export class LockedError extends Error {
  override readonly name = 'LockedError';
}

/** sockaddr_un.sun_path holds 108 bytes on Linux, 104 on macOS, with the closing zero. */
const MAX_SOCKET_PATH_BYTES = 103;

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
  for (let attempt = 0; attempt < 3; attempt++) {
    const lock = await listen(path);
    if (lock) return lock;
    if (await answers(path)) throw new LockedError(`another sidecast uses ${dir}`);
    // Nobody listens: the process that made it was killed.
    await unlink(path).catch(() => undefined);
  }
  throw new LockedError(`the lock in ${dir} could not be taken`);
}

function listen(path: string): Promise<Lock | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve({ release: () => new Promise((done) => server.close(() => done())) }));
  });
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
  const owner = await readFile(path, 'utf8').catch(() => undefined);
  if (owner && isAlive(owner)) throw new LockedError(`another sidecast uses ${dir}`);
  await writeFile(path, identity(process.pid), { mode: 0o600 });
  return { release: () => unlink(path).catch(() => undefined) };
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
