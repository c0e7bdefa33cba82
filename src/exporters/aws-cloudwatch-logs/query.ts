// Part of exporters/aws-cloudwatch-logs: the query of a request, without the values that its names call secret.

const SECRET_NAME =
  /token|secret|passw|pwd|api_?key|auth|signature|credential|session|^(key|sig|code|state|jwt)$/i;

/** What an access line may show: names stay, so that a request can be told from another. */
export function shownQuery(query: string): string {
  return query.split('&').map(shownPair).join('&');
}

function shownPair(pair: string): string {
  const equals = pair.indexOf('=');
  return equals > 0 && SECRET_NAME.test(pair.slice(0, equals)) ? `${pair.slice(0, equals)}=***` : pair;
}
