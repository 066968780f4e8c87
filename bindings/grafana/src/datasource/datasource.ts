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
import { Cluster, type DriverState } from 'emqx-rebalance';
import type { Plan, PlanWishes } from '../contract';
import { carry } from './carrier';
import { checkup } from './checkup';
import { Course, type CourseState } from './course';
import { frameFor } from './frames/frames';
import { Observations, type Observation } from './observations';
import { Memory } from './memory';
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
  readonly observations = new Observations();
  private readonly cluster: Promise<Cluster>;
  private reading?: Promise<Observation>;
  private course?: Course;
  private readonly courseListeners = new Set<() => void>();
  private readonly memory: Memory;

  constructor(private readonly settings: DataSourceInstanceSettings<RebalanceJsonData>) {
    super(settings);
    this.variables = new NodeVariables(this);
    this.annotations = { getDefaultQuery: () => ({ subject: 'events' }) };
    this.memory = new Memory(settings.uid);
    const url = `/api/datasources/proxy/uid/${settings.uid}`;
    this.cluster = loadPlanner().then(() => new Cluster({ url, fetch: carry, findNodes: false }));
    // Whoever uses the cluster is told why it cannot be used; nobody may be using it yet.
    this.resume().catch(() => this.memory.forget());
  }

  /**
   * The cluster as it is, at most `maxAgeMs` ago, or as the rebalance of this tab saw it last, which looks by itself.
   * Callers at the same time share one question.
   */
  async observe(maxAgeMs = 1000): Promise<Observation> {
    const latest = this.observations.latest();
    if (latest && (this.isFollowing() || Date.now() - latest.time <= maxAgeMs)) {
      return latest;
    }
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private isFollowing(): boolean {
    return this.course !== undefined && !this.course.isOver();
  }

  private async read(): Promise<Observation> {
    const status = await (await this.cluster).status();
    return this.observations.add(Date.now(), status);
  }

  /** Plans from fresh counts. Touches nothing. */
  async plan(request: PlanWishes): Promise<Plan> {
    return (await this.cluster).plan(request);
  }

  /** Starts `plan` and follows it to its verdict, whatever happens to the caller. */
  async start(plan: Plan, options: StartOptions, ended: (state: CourseState) => void): Promise<void> {
    const startedAt = Date.now();
    const store = (state: DriverState) => this.memory.keep({ plan, startedAt, state });
    const run = await (await this.cluster).start(plan, { ...options, store });
    this.follow(new Course(plan, run, startedAt), ended);
  }

  /** Goes on with what this tab drove before it was reloaded. */
  private async resume(): Promise<void> {
    const cluster = await this.cluster;
    const remembered = this.memory.recall();
    if (remembered) {
      const { plan, startedAt } = remembered;
      const store = (state: DriverState) => this.memory.keep({ plan, startedAt, state });
      this.follow(new Course(plan, await cluster.resume(remembered.state, { store }), startedAt));
    }
  }

  private follow(course: Course, ended?: (state: CourseState) => void): void {
    this.course = course;
    this.courseListeners.forEach((listener) => listener());
    void course
      .follow((status) => this.observations.addNew(Date.now(), status))
      .then((state) => {
        this.memory.forget();
        ended?.(state);
      });
  }

  /** Stops what this tab started, or else whatever runs. */
  async stop(): Promise<void> {
    if (this.course && this.isFollowing()) {
      return this.course.stop();
    }
    await (await this.cluster).stop();
    await this.observe(0);
  }

  /** Whether there is a key to start and stop with. */
  canControl(): boolean {
    return Boolean(this.settings.jsonData.controlKey);
  }

  /** What this tab started last, if anything. */
  readonly currentCourse = (): Course | undefined => this.course;

  readonly subscribeCourse = (listener: () => void): (() => void) => {
    this.courseListeners.add(listener);
    return () => this.courseListeners.delete(listener);
  };

  /** Puts a verdict away. */
  dismissCourse(): void {
    if (this.course?.isOver()) {
      this.course = undefined;
      this.courseListeners.forEach((listener) => listener());
    }
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
    const rate = query.connEvictRate;
    return { ...query, connEvictRate: rate && getTemplateSrv().replace(rate, scopedVars) };
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
