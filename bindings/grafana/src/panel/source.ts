import type { PanelData, PanelProps } from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import { useEffect, useState } from 'react';
import type { RebalanceDataSource } from '../datasource/datasource';
import { errorOf } from '../error';

/** Type of the data source that the panel steers with. */
export const SOURCE_TYPE = 'emqxrebalance-rebalance-datasource';

export interface SourceState {
  source?: RebalanceDataSource;
  error?: Error;
}

/** The data source that the options, or else the panel's own query, or else the organisation name. */
export function useSource(
  chosen: string | undefined,
  data: PanelData,
  replaceVariables: PanelProps['replaceVariables']
): SourceState {
  const [state, setState] = useState<SourceState>({});
  const wanted = replaceVariables(chosen ?? '') || queried(data);
  useEffect(() => {
    let isCurrent = true;
    find(wanted)
      .then((source) => ({ source }))
      .catch((error: unknown) => ({ error: errorOf(error) }))
      .then((found) => isCurrent && setState(found));
    return () => {
      isCurrent = false;
    };
  }, [wanted]);
  return state;
}

function queried({ request }: PanelData): string | undefined {
  return request?.targets.map(({ datasource }) => datasource).find((ref) => ref?.type === SOURCE_TYPE)?.uid;
}

async function find(wanted: string | undefined): Promise<RebalanceDataSource> {
  const only = getDataSourceSrv().getList({ pluginId: SOURCE_TYPE });
  const uid = wanted ?? (only.length === 1 ? only[0]?.uid : undefined);
  if (uid === undefined) {
    throw new Error(only.length === 0 ? NONE : MANY);
  }
  const source = await getDataSourceSrv().get(uid);
  if (source.type !== SOURCE_TYPE) {
    throw new Error(`${source.name} is no EMQX Rebalance data source: choose one in the panel's options`);
  }
  // The type says so: both plugins are one package.
  return source as unknown as RebalanceDataSource;
}

const NONE = 'There is no EMQX Rebalance data source: add one under Connections';
const MANY = "There are several EMQX Rebalance data sources: choose one in the panel's options";
