import type { PanelOptions } from './options';

export interface Layout {
  /** Whether there is room for a few words only. */
  isNarrow: boolean;
  /** Whether the curves are under the bars instead of beside them. */
  isStacked: boolean;
  showBars: boolean;
  showCurves: boolean;
}

/** What has room in a panel of so many pixels. */
export function layoutOf(width: number, height: number, options: PanelOptions, hasPlans: boolean): Layout {
  const isNarrow = width < 480;
  const isStacked = width < 640;
  const left = height - (hasPlans ? (isNarrow ? 260 : 170) : 0);
  const roomForCurves = isStacked ? left >= 300 : left >= 120;
  const showCurves = options.showCurves && (roomForCurves || !options.showBars);
  return { isNarrow, isStacked, showBars: options.showBars, showCurves };
}
