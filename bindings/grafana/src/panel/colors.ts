import { colorManipulator, type GrafanaTheme2 } from '@grafana/data';
import type { PanelOptions } from './options';
import { byName, type NodeRow, type Part } from './rows';

/** How bar and curve of a node look. */
export interface Look {
  color: string;
  /** Of its curve: wider under those of the same part, so that none hides where they are the same. */
  lineWidth: number;
}

/** A look for each node: the colour of its part, in another shade for each node of that part. */
export function looksOf(rows: NodeRow[], options: PanelOptions, theme: GrafanaTheme2): Record<string, Look> {
  const named = [...rows].sort(byName);
  return Object.fromEntries(
    named.map(({ node, part }) => {
      const same = named.filter((row) => row.part === part);
      const index = same.findIndex((row) => row.node === node);
      const color = shade(theme.visualization.getColorByName(colorOf(part, options)), index, same.length);
      const under = same.length <= FEW ? same.length - 1 - index : 0;
      return [node, { color, lineWidth: 2 + 1.5 * under }];
    })
  );
}

function colorOf(part: Part, { donorColor, recipientColor, evenColor }: PanelOptions): string {
  const colors = { donor: donorColor, recipient: recipientColor, even: evenColor, out: 'text' };
  return colors[part];
}

/** The colour itself for one node alone; else from a darker to a lighter one. */
function shade(color: string, index: number, count: number): string {
  const place = count > 1 ? (index / (count - 1)) * 2 - 1 : 0;
  const { darken, lighten } = colorManipulator;
  return place < 0 ? darken(color, -place * RANGE) : lighten(color, place * RANGE);
}

const RANGE = 0.3;
/** More curves than these are never told apart by their widths. */
const FEW = 3;
