// Part of aws: the address of the console, which differs between partitions.

export function consoleUrl(region: string): string {
  if (region.startsWith('cn-'))
    return `https://${region}.console.amazonaws.cn/cloudwatch/home?region=${region}`;
  if (region.startsWith('us-gov-'))
    return `https://${region}.console.amazonaws-us-gov.com/cloudwatch/home?region=${region}`;
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}`;
}
