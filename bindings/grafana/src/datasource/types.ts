import type { DataSourceJsonData } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';
import type { LoadBalancer, Mode } from '../contract';

/** What the data source stores in the clear. No secret may be added here: browsers get it. */
export interface RebalanceJsonData extends DataSourceJsonData {
  /** Base URL of EMQX's API, such as `http://emqx:18083`. The routes of plugin.json begin with it. */
  apiUrl?: string;
  /** Identifier of the API key that reads. */
  readKey?: string;
  /** Identifier of the API key that starts and stops. */
  controlKey?: string;
  /** Whether Grafana takes any certificate from EMQX. */
  tlsSkipVerify?: boolean;
  /** Whether Grafana also trusts the certificate authority among the secrets. */
  tlsAuthWithCACert?: boolean;
}

/**
 * What Grafana encrypts and never hands out again.
 *
 * Each is base64 of `key:secret`, ready for an `Authorization: Basic` header: Grafana's routes have no base64
 * function of their own.
 */
export interface RebalanceSecrets {
  readBasic?: string;
  controlBasic?: string;
  /** PEM of the certificate authority that signed EMQX's certificate, under Grafana's own name for it. */
  tlsCACert?: string;
}

/** What a query asks for. */
export type Subject = 'nodes' | 'runs' | 'states' | 'forecast' | 'balance' | 'events';

/** A query of a panel, a variable or an annotation. */
export interface RebalanceQuery extends DataQuery {
  subject?: Subject;
  /** Of a forecast: how the runs are found. */
  mode?: Mode;
  /** Of a forecast: EMQX's `conn_evict_rate`. A string may hold a dashboard variable. */
  connEvictRate?: string;
  /** Of a forecast: how the load balancer picks nodes. */
  loadBalancer?: LoadBalancer;
  /** Of a forecast: how clients come back: a preset, a time, or a profile as JSON. May hold a dashboard variable. */
  reconnect?: string;
}

export const DEFAULT_QUERY: Partial<RebalanceQuery> = { subject: 'nodes' };
