// Part of processors/redact: the bounded set of rules. A rule is a metric label, a key in /status and a row of the README.

export const RULES = {
  secret_name:
    'the value of a name such as password, secret, token, authorization, cookie, api key, in attributes, documents, URLs and text',
  denied_name: 'the value of a name in SIDECAST_REDACT_DENY',
  url_userinfo: 'user and password before the host of a URL',
  bearer_token: 'what follows Bearer',
  jwt: 'a JSON Web Token',
  aws_key: 'an AWS access key id',
  private_key: 'a private key in PEM',
  card_number: 'a card number with a right check digit (Luhn)',
  own_pattern: 'a match of SIDECAST_REDACT_PATTERNS',
  user_id: "a user's id, hashed because of SIDECAST_REDACT_USERS",
} as const;

export type Rule = keyof typeof RULES;

/** A part of a text, in characters of Latin-1, which are bytes. */
export interface Finding {
  from: number;
  to: number;
  rule: Rule;
  /** Of JSON: what stands in its place is to be JSON as well. */
  isNumber?: boolean;
}
