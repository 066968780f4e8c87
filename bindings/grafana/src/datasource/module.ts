import { DataSourcePlugin } from '@grafana/data';
import { ConfigEditor } from './ConfigEditor';
import { RebalanceDataSource } from './datasource';
import { QueryEditor } from './QueryEditor';
import type { RebalanceJsonData, RebalanceQuery, RebalanceSecrets } from './types';

export const plugin = new DataSourcePlugin<RebalanceDataSource, RebalanceQuery, RebalanceJsonData, RebalanceSecrets>(
  RebalanceDataSource
)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
