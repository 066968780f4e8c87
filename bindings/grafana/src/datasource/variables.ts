import { CustomVariableSupport, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { from, map, type Observable } from 'rxjs';
import type { RebalanceDataSource } from './datasource';
import { DEFAULT_QUERY, type RebalanceJsonData, type RebalanceQuery } from './types';
import { VariableEditor } from './VariableEditor';

/** Dashboard variables: the names of the nodes. */
export class NodeVariables extends CustomVariableSupport<
  RebalanceDataSource,
  RebalanceQuery,
  RebalanceQuery,
  RebalanceJsonData
> {
  readonly editor = VariableEditor;

  constructor(private readonly source: RebalanceDataSource) {
    super();
  }

  getDefaultQuery(): Partial<RebalanceQuery> {
    return DEFAULT_QUERY;
  }

  query(_request: DataQueryRequest<RebalanceQuery>): Observable<DataQueryResponse> {
    return from(this.source.metricFindQuery()).pipe(map((data) => ({ data })));
  }
}
