import {
  CustomVariableSupport,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceApi,
  type MetricFindValue,
} from '@grafana/data';
import { from, map, type Observable } from 'rxjs';
import { DEFAULT_QUERY, type RebalanceJsonData, type RebalanceQuery } from './types';
import { VariableEditor } from './VariableEditor';

/** A data source that knows the names of its nodes. */
interface Source extends DataSourceApi<RebalanceQuery, RebalanceJsonData> {
  metricFindQuery(): Promise<MetricFindValue[]>;
}

/** Dashboard variables: the names of the nodes. */
export class NodeVariables extends CustomVariableSupport<Source, RebalanceQuery, RebalanceQuery, RebalanceJsonData> {
  readonly editor = VariableEditor;

  constructor(private readonly source: Source) {
    super();
  }

  getDefaultQuery(): Partial<RebalanceQuery> {
    return DEFAULT_QUERY;
  }

  query(_request: DataQueryRequest<RebalanceQuery>): Observable<DataQueryResponse> {
    return from(this.source.metricFindQuery()).pipe(map((data) => ({ data })));
  }
}
