// Part of provision: what a file asks for, and what a kind of resource knows about itself.
import type { Aws } from '../aws/index.ts';
import type { JsonObject } from '../config/json.ts';
import type { Problem } from '../config/problems.ts';

export type Account = Pick<Aws, 'xrayControl' | 'logsControl'>;

/** One `--cli-input-json` of the AWS CLI. */
export interface Input {
  value: JsonObject;
  /** Where a member stands: `rules.json:12`. */
  at(...members: readonly string[]): string;
}

/** What can differ, by the names of the API. */
export type Fields = ReadonlyMap<string, unknown>;

export interface Kind {
  id: 'sampling-rule' | 'group' | 'log-group';
  /** For people. */
  title: string;
  /** The member that no other kind's input has. */
  mark: string;
  check(input: Input): readonly Problem[];
  /** The methods below take what `check` found nothing wrong with. */
  nameOf(value: JsonObject): string;
  /** What the file says. What it leaves open is not there, and stays as it is in AWS. */
  fieldsOf(value: JsonObject): Fields;
  /** Fields that are for ever as they were made. */
  fixed: readonly string[];
  /** AWS's own, which nothing here touches. */
  isReserved(name: string): boolean;
  /** What is there, by name; `names` are those that files ask for. */
  read(account: Account, names: readonly string[]): Promise<ReadonlyMap<string, Fields>>;
  create(account: Account, value: JsonObject): Promise<void>;
  update(account: Account, value: JsonObject, changed: readonly string[]): Promise<void>;
  /** Absent where nothing is ever deleted. */
  remove?(account: Account, name: string): Promise<void>;
  /** What the credentials must be allowed. */
  permissions: string;
}

/** The members that are there; null is as good as absent. */
export function given(value: JsonObject, names: readonly string[]): readonly (readonly [string, unknown])[] {
  return names.map((name) => [name, value[name]] as const).filter(([, member]) => (member ?? null) !== null);
}
