import {
  DataSourceApi,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceInstanceSettings,
  type MetricFindValue,
  type ScopedVars,
  type TestDataSourceResponse,
} from '@grafana/data';
import { getTemplateSrv } from '@grafana/runtime';
import { Cluster } from 'emqx-rebalance';
import type { Plan, PlanWishes } from '../contract';
import { checkup } from './checkup';
import type { Drive } from './drive';
import { frameFor } from './frames/frames';
import { helmOf, type Helm } from './helm';
import type { Observation, Observations } from './observations';
import { loadPlanner } from './planner';
import { DEFAULT_QUERY, type RebalanceJsonData, type RebalanceQuery } from './types';
import { NodeVariables } from './variables';

/** How a rebalance is started, beside its plan. */
export interface StartOptions {
  who?: string;
  reason?: string;
  poll_interval_ms?: number;
  force?: boolean;
}

/** An EMQX cluster behind Grafana's data source proxy: what queries read, and what the panel steers with. */
export class RebalanceDataSource extends DataSourceApi<RebalanceQuery, RebalanceJsonData> {
  readonly helm: Helm;
  readonly observations: Observations;
  private readonly cluster: Promise<Cluster>;
  private reading?: Promise<Observation>;

  constructor(private readonly settings: DataSourceInstanceSettings<RebalanceJsonData>) {
    super(settings);
    this.variables = new NodeVariables(this);
    this.annotations = { getDefaultQuery: () => ({ subject: 'events' }) };
    this.helm = helmOf(settings.uid);
    this.observations = this.helm.observations;
    const url = `/api/datasources/proxy/uid/${settings.uid}`;
    const options = { url, fetch: this.helm.line.carry, findNodes: false };
    this.cluster = loadPlanner().then(() => new Cluster(options));
    // Whoever uses the cluster is told why it cannot be used; nobody may be using it yet.
    this.cluster.catch(() => undefined);
    void this.helm.resume(async (state, store) => (await this.cluster).resume(state, { store }));
  }

  /**
   * The cluster as it is, at most `maxAgeMs` ago, or as the rebalance of this tab saw it last, which looks by itself.
   * Callers at the same time share one question.
   */
  async observe(maxAgeMs = 1000): Promise<Observation> {
    const latest = this.observations.latest();
    if (latest && (this.helm.isFollowing() || Date.now() - latest.time <= maxAgeMs)) {
      return latest;
    }
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async read(): Promise<Observation> {
    const status = await (await this.cluster).status();
    return this.observations.add(Date.now(), status);
  }

  /** Why the last look at the nodes failed, whoever looked; nothing while EMQX answers. */
  silence(): Error | undefined {
    return this.helm.line.failure;
  }

  /** Plans from fresh counts. Touches nothing. */
  async plan(request: PlanWishes): Promise<Plan> {
    return (await this.cluster).plan(request);
  }

  /**
   * Asks the cluster whether `plan` can still be started.
   *
   * @throws an Error that says what has changed since
   */
  async check(plan: Plan): Promise<void> {
    await (await this.cluster).checkFits(plan);
  }

  /** Starts `plan`, if it still fits, and follows it to its verdict, whatever happens to the caller. */
  async start(plan: Plan, options: StartOptions): Promise<Drive> {
    const cluster = await this.cluster;
    return this.helm.start(plan, async (store) => {
      await cluster.checkFits(plan);
      return cluster.start(plan, { ...options, store });
    });
  }

  /** Stops what this tab started, or else whatever runs. */
  async stop(): Promise<void> {
    const drive = this.helm.current();
    if (drive && !drive.isOver()) {
      return drive.stop();
    }
    await (await this.cluster).stop();
    await this.observe(0);
  }

  /** Whether there is a key to start and stop with. */
  canControl(): boolean {
    return Boolean(this.settings.jsonData.controlKey);
  }

  getDefaultQuery(): Partial<RebalanceQuery> {
    return DEFAULT_QUERY;
  }

  async query(request: DataQueryRequest<RebalanceQuery>): Promise<DataQueryResponse> {
    const latest = await this.observe();
    const range = { from: request.range.from.valueOf(), to: Math.max(request.range.to.valueOf(), latest.time) };
    const seen = this.observations.between(range.from, range.to);
    const targets = request.targets.filter((target) => !target.hide);
    const frames = targets.map((target) => {
      const query = { ...DEFAULT_QUERY, ...this.interpolated(target, request.scopedVars) };
      return frameFor(query, latest, seen);
    });
    return { data: frames };
  }

  /** A query whose variables have their values. */
  private interpolated(query: RebalanceQuery, scopedVars: ScopedVars): RebalanceQuery {
    const value = (text: string | undefined) => text && getTemplateSrv().replace(text, scopedVars);
    return { ...query, connEvictRate: value(query.connEvictRate), reconnect: value(query.reconnect) };
  }

  interpolateVariablesInQueries(queries: RebalanceQuery[], scopedVars: ScopedVars): RebalanceQuery[] {
    return queries.map((query) => this.interpolated(query, scopedVars));
  }

  async metricFindQuery(): Promise<MetricFindValue[]> {
    const { status } = await this.observe();
    return status.nodes.map(({ node }) => ({ text: node, value: node }));
  }

  async testDatasource(): Promise<TestDataSourceResponse> {
    return checkup(this.settings, () => this.observe(0));
  }
}
