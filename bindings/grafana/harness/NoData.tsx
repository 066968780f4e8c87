import type { PanelDataErrorViewProps } from '@grafana/runtime';

/** Grafana's view of a panel that has nothing to show, which is not among its packages. */
export function NoData({ message }: PanelDataErrorViewProps) {
  return (
    <div
      data-testid="no data"
      style={{ display: 'flex', height: '100%', alignItems: 'center', justifyContent: 'center' }}
    >
      {message ?? 'No data'}
    </div>
  );
}
