// Part of protocols/xray: the sql block in the names of the stable database conventions. Any url is fine, as is none.
import { databasePlace } from '../database-url.ts';
import { asObject, asText } from '../json.ts';
import { type AttributeMap, put, toAttribute } from './attributes.ts';

/** Where X-Ray SDKs and OTel's `db.system.name` differ. */
const SYSTEMS: Readonly<Record<string, string>> = {
  postgres: 'postgresql',
  mssql: 'microsoft.sql_server',
  'microsoft sql server': 'microsoft.sql_server',
  sqlserver: 'microsoft.sql_server',
  oracle: 'oracle.db',
};

const MAPPED: ReadonlySet<string> = new Set(['database_type', 'sanitized_query', 'user']);

export function putSql(attributes: AttributeMap, value: unknown): void {
  const sql = asObject(value);
  if (!sql) return;
  const type = asText(sql['database_type'])?.toLowerCase();
  put(attributes, 'db.system.name', type && (SYSTEMS[type] ?? type));
  put(attributes, 'db.query.text', asText(sql['sanitized_query']));
  put(attributes, 'db.user', asText(sql['user']));
  const { host, port, database } = databasePlace(asText(sql['url']) ?? asText(sql['connection_string']));
  put(attributes, 'server.address', host);
  put(attributes, 'server.port', port);
  put(attributes, 'db.namespace', database);
  for (const [key, member] of Object.entries(sql)) {
    if (!MAPPED.has(key)) put(attributes, `aws.xray.sql.${key}`, toAttribute(member));
  }
}
