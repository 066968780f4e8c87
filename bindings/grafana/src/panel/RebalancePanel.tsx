import type { PanelProps } from '@grafana/data';
import { LoadingPlaceholder } from '@grafana/ui';
import type { RebalanceDataSource } from '../datasource/datasource';
import { pollMs, type PanelOptions } from './options';
import { Problem } from './parts/Problem';
import { Board } from './Board';
import { useSource } from './source';
import { useCluster } from './state/cluster';
import { newSource, settingsOf } from './ways';

/** Shows what it has: why there is no data source, why the cluster cannot be seen, or the cluster. */
export function RebalancePanel(props: PanelProps<PanelOptions>) {
  const { data, options, replaceVariables } = props;
  const { source, error } = useSource(options.datasource, data, replaceVariables);
  if (error) {
    return <Problem title="No data source" error={error} way={newSource()} isAlone />;
  }
  return source ? <Cluster key={source.uid} source={source} panel={props} /> : <LoadingPlaceholder text="Loading" />;
}

function Cluster({ source, panel }: { source: RebalanceDataSource; panel: PanelProps<PanelOptions> }) {
  const { latest, error } = useCluster(source, pollMs(panel.options));
  if (latest) {
    return <Board source={source} latest={latest} error={error} panel={panel} />;
  }
  return error ? (
    <Problem title={`${source.name} cannot be read`} error={error} way={settingsOf(source.uid)} isAlone />
  ) : (
    <LoadingPlaceholder text="Looking at the cluster" />
  );
}
