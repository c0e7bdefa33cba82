// Part of protocols/xray: host, port and database in the url or connection string of a database.

export interface DatabasePlace {
  host: string | undefined;
  port: number | undefined;
  database: string | undefined;
}

const PARTS = /^(?:jdbc:)?[a-z0-9+.-]+:\/\/(?:[^/@]*@)?(\[[^\]]*\]|[^/:?;]*)(?::(\d{1,5}))?(?:\/([^?;]*))?/i;

/** All undefined for what has another form. */
export function databasePlace(text = ''): DatabasePlace {
  const [, host, port, database] = PARTS.exec(text) ?? [];
  return {
    host: host || undefined,
    port: port === undefined ? undefined : Number(port),
    database: database || undefined,
  };
}
