// Part of protocols/xray: the sql block, from stable and from old database conventions.
import { databasePlace } from '../database-url.ts';
import type { SqlBlock } from './document.ts';
import { peekNumber, peekText, type Reader, shorten, takeText } from './reader.ts';

/** Values of db.system.name and db.system that speak SQL. Others keep their attributes as they are. */
const SQL_SYSTEMS: ReadonlySet<string> = new Set(
  (
    'postgresql mysql mariadb mssql microsoft.sql_server oracle oracle.db sqlite db2 ibm.db2 derby hive teradata ' +
    'other_sql h2 h2database hsqldb cockroachdb redshift aws.redshift clickhouse trino presto snowflake spanner ' +
    'gcp.spanner firebird firebirdsql informix ibm.informix ingres actian.ingres sybase hanadb sap.hana vertica ' +
    'edb netezza ibm.netezza progress pervasive maxdb sap.maxdb interbase instantdb'
  ).split(' '),
);

export function sqlBlock(reader: Reader): SqlBlock | undefined {
  const system = peekText(reader, 'db.system.name', 'db.system');
  if (system === undefined || !SQL_SYSTEMS.has(system)) return undefined;
  takeText(reader, 'db.system.name', 'db.system');
  return {
    url: databaseUrl(reader, system),
    connection_string: takeText(reader, 'db.connection_string'),
    database_type: shorten(system),
    sanitized_query: takeText(reader, 'db.query.text', 'db.statement'),
    user: takeText(reader, 'db.user'),
  };
}

/** The host and port stay attributes as well: they are how people search. */
function databaseUrl(reader: Reader, system: string): string | undefined {
  const said = databasePlace(peekText(reader, 'db.connection_string'));
  const peer = peekText(reader, 'server.address', 'net.peer.name') ?? peekText(reader, 'net.peer.ip');
  const host = peer ?? said.host;
  const database = peekText(reader, 'db.namespace', 'db.name') ?? said.database;
  if (host === undefined && database === undefined) return undefined;
  const port =
    peekNumber(reader, 'server.port', 'net.peer.port') ?? (peer === undefined ? said.port : undefined);
  const place = port === undefined ? (host ?? '') : `${host ?? ''}:${port}`;
  return shorten(`${system}://${place}/${database ?? ''}`);
}
