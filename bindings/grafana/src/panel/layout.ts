import type { PanelOptions } from './options';

export interface Layout {
  /** Whether there is room for a few words only. */
  isNarrow: boolean;
  /** Whether plans must do with a line or two each. */
  isLow: boolean;
  /** Whether the curves are under the bars instead of beside them. */
  isStacked: boolean;
  /** Whether there are more nodes than one column of bars has room for. */
  isCrowded: boolean;
  showBars: boolean;
  showCurves: boolean;
}

/** What has room in a panel of so many pixels for so many nodes. */
export function layoutOf(
  { width, height, nodes }: { width: number; height: number; nodes: number },
  options: PanelOptions,
  hasPlans: boolean
): Layout {
  const isNarrow = width < 480;
  const isLow = height < (isNarrow ? 480 : 300);
  const isStacked = width < 640;
  const left = height - (hasPlans ? (isNarrow ? 260 : 170) : 0);
  const roomForCurves = isStacked ? left >= 300 : left >= 120;
  const showCurves = options.showCurves && (roomForCurves || !options.showBars);
  const isCrowded = nodes * ROW_HEIGHTS.roomy > left - HEADER;
  return { isNarrow, isLow, isStacked, isCrowded, showBars: options.showBars, showCurves };
}

export interface Columns {
  columns: number;
  /** Pixels of a row. */
  rowHeight: number;
  /** Whether each row has room for its share over the mean. */
  hasRemarks: boolean;
}

/** How many columns of bars show `nodes` in so many pixels: few and roomy, or as many and as dense as it takes. */
export function columnsOf(nodes: number, width: number, height: number): Columns {
  const most = Math.max(Math.floor(width / MIN_COLUMN), 1);
  const fitting = (rowHeight: number) => Math.max(Math.floor(height / rowHeight), 1);
  const rowHeight =
    Object.values(ROW_HEIGHTS).find((candidate) => fitting(candidate) * most >= nodes) ?? ROW_HEIGHTS.dense;
  const columns = Math.min(Math.ceil(nodes / fitting(rowHeight)), most);
  return { columns, rowHeight, hasRemarks: width / columns >= REMARKED_COLUMN };
}

/** Pixels of a row of the bars, the roomiest first. */
const ROW_HEIGHTS = { roomy: 20, dense: 15 };
/** The line with the summary and the buttons. */
const HEADER = 32;
const MIN_COLUMN = 150;
const REMARKED_COLUMN = 220;
