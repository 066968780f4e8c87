/** What tells nodes apart: no host or Erlang name that all share, and of hosts no domain that all share. */
export function shortNames(nodes: string[]): Record<string, string> {
  const parts = nodes.map((node) => node.split('@'));
  const shares = (i: number) => nodes.length > 1 && new Set(parts.map((part) => part[i])).size === 1;
  const shown = shares(1) ? 0 : shares(0) ? 1 : undefined;
  const bare = nodes.map((node, i) => (shown !== undefined && parts[i]?.[shown]) || node);
  const domain = shown === 1 ? sharedDomain(bare) : '';
  return Object.fromEntries(nodes.map((node, i) => [node, bare[i]?.slice(0, -domain.length || undefined) ?? node]));
}

/** The longest domain that all hosts end with, from its dot on. Addresses have none. */
function sharedDomain(hosts: string[]): string {
  const [first = ''] = hosts;
  if (/[\d\]]$/.test(first)) {
    return '';
  }
  const domains = [...first.matchAll(/\./g)].map(({ index }) => first.slice(index));
  return domains.find((domain) => hosts.every((host) => host.length > domain.length && host.endsWith(domain))) ?? '';
}
