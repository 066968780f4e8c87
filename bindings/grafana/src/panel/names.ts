/** What tells nodes apart: without the host if they share one, without the name if they share that. */
export function shortNames(nodes: string[]): Record<string, string> {
  const parts = nodes.map((node) => node.split('@'));
  const shares = (i: number) => nodes.length > 1 && new Set(parts.map((part) => part[i])).size === 1;
  const shown = shares(1) ? 0 : shares(0) ? 1 : undefined;
  return Object.fromEntries(nodes.map((node, i) => [node, (shown !== undefined && parts[i]?.[shown]) || node]));
}
