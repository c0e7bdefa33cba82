// Part of http: which hosts are reached without the proxy.
import { BlockList, isIP } from 'node:net';

const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|::1)$/;

/**
 * Reads NO_PROXY as curl and Go do: names cover their subdomains, a leading dot or `*.` means the same, `host:port` only that
 * port, `10.0.0.0/8` a network, `*` everything. Loopback never goes through a proxy.
 */
export function bypassesProxy(noProxy: string | undefined): (url: URL) => boolean {
  const rules = (noProxy ?? '')
    .split(/[\s,]+/)
    .filter((rule) => rule !== '')
    .map(readRule);
  return (url) => {
    const host = url.hostname
      .toLowerCase()
      .replace(/^\[|\]$/g, '')
      .replace(/\.$/, '');
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    return LOOPBACK.test(host) || rules.some((rule) => rule(host, port));
  };
}

type Rule = (host: string, port: string) => boolean;

function readRule(text: string): Rule {
  if (text === '*') return () => true;
  const network = /^([^/]+)\/(\d+)$/.exec(text);
  if (network?.[1] && isIP(network[1])) return readNetwork(network[1], Number(network[2]));
  const [, bracketed, plain = '', port] =
    /^(?:\[(.+)\]|(.*?))(?::(\d+))?$/.exec(isIP(text) === 6 ? `[${text}]` : text) ?? [];
  const name = (bracketed ?? plain).toLowerCase().replace(/^\*?\./, '');
  return (host, hostPort) =>
    (port === undefined || port === hostPort) &&
    (host === name || (host.endsWith(`.${name}`) && !isIP(host)));
}

function readNetwork(address: string, prefix: number): Rule {
  const list = new BlockList();
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (prefix > (family === 'ipv6' ? 128 : 32)) return () => false;
  list.addSubnet(address, prefix, family);
  return (host) => isIP(host) !== 0 && list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}
