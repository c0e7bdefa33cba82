// Part of app: the files that worker threads start from. Only a build has them: Node cannot run the sources in one.

/** The page as the build made it. */
export function webDir(): URL | undefined {
  if (typeof SIDECAST_WORKERS !== 'string') return undefined;
  return new URL(`${SIDECAST_WORKERS}../web/`, import.meta.url);
}

/** Undefined when running from sources: the work is done in the main thread then. */
export function workerFile(name: 'xray-udp' | 'otlp-json' | 'redact'): URL | undefined {
  if (typeof SIDECAST_WORKERS !== 'string') return undefined;
  return new URL(`${SIDECAST_WORKERS}${name}.js`, import.meta.url);
}
