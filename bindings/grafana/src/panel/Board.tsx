import { css, cx } from '@emotion/css';
import { getDisplayProcessor, FieldType, type GrafanaTheme2, type PanelProps } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import { awayOf, isRunning as isUnderWay } from '../contract';
import type { RebalanceDataSource } from '../datasource/datasource';
import type { Observation } from '../datasource/observations';
import { looksOf, type Look } from './colors';
import type { Ahead, CurveNode } from './curves';
import type { Mapping } from './match';
import { shortNames } from './names';
import { pollMs, type PanelOptions } from './options';
import { Actions } from './parts/Actions';
import { Bars } from './parts/Bars';
import { Curves } from './parts/Curves';
import { Fill } from './parts/Fill';
import { Plans } from './parts/Plans';
import { Problem } from './parts/Problem';
import { Progress } from './parts/Progress';
import { Summary } from './parts/Summary';
import { Verdict } from './parts/Verdict';
import { mayControl } from './role';
import { byName, overOf, rowsOf, type NodeRow } from './rows';
import { useControl } from './state/control';
import { useDrive } from './state/drive';
import { usePlans } from './state/plans';
import { useSteady } from './state/steady';
import { layoutOf } from './layout';
import { wayFor } from './ways';

interface Props {
  source: RebalanceDataSource;
  latest: Observation;
  error?: Error;
  panel: PanelProps<PanelOptions>;
}

/** The whole panel, once the cluster has been seen. */
export function Board({ source, latest, error, panel }: Props) {
  const styles = useStyles2(getStyles);
  const { options, width, height, timeRange } = panel;
  const drive = useDrive(source);
  const plans = usePlans(source, options);
  const place = { dashboardUID: panel.data.request?.dashboardUID, panelId: panel.id };
  const control = useControl(source, pollMs(options), place);

  const status = drive?.status && !drive.status.outcome && !drive.error ? drive.status : latest.status;
  const isOurs = drive !== undefined && !drive.error && !drive.status?.outcome;
  const isRunning = isOurs || status.runs.some(isUnderWay);
  const plan = isOurs ? drive.plan : plans.plans?.[plans.selected];
  const away = isOurs ? awayOf(status.nodes, drive.plan) : 0;
  const { rows, mean } = rowsOf(status, plan, away, options.order);
  const looks = looksOf(rows, options, useTheme2());
  const names = shortNames(rows.map(({ node }) => node));
  const nodes = useSteady(curveNodes(rows, names, looks));
  const ahead = useAhead(isOurs || !plan ? drive : undefined, plan, latest.time);
  const layout = layoutOf({ width, height, nodes: rows.length }, options, plans.plans !== undefined && !isRunning);
  const seen = useSeen(source, ahead ? ahead.from - 3_600_000 : timeRange.from.valueOf(), latest);
  const format = useFormat(panel);
  const mapping = useSteady<Mapping>({ label: options.nodeLabel, names: options.nodeNames });

  return (
    <div className={styles.board}>
      <Summary
        latest={latest}
        over={overOf(rows)}
        away={away}
        error={error ?? (isOurs ? source.silence() : undefined)}
        timeZone={panel.timeZone}
        isNarrow={layout.isNarrow}
      >
        <Actions
          plans={plans}
          control={control}
          isRunning={isRunning}
          mayControl={mayControl() && source.canControl()}
          isNarrow={layout.isNarrow}
        />
      </Summary>
      {control.error && (
        <Problem
          title="That did not work"
          error={control.error}
          way={wayFor(control.error, source.uid, panel.id)}
          onRemove={control.clear}
        />
      )}
      {plans.error && (
        <Problem
          title="No plan"
          error={plans.error}
          way={wayFor(plans.error, source.uid, panel.id)}
          onRemove={plans.clear}
        />
      )}
      {drive && !isOurs && <Verdict drive={drive} onDismiss={() => source.helm.dismiss()} />}
      {isRunning && <Progress status={status} isOurs={isOurs} />}
      <div className={cx(styles.main, layout.isStacked && styles.stacked)}>
        {layout.showBars && (
          <div className={cx(layout.showCurves ? styles.bars : styles.barsAlone, layout.isCrowded && styles.wide)}>
            <Fill>
              {(size) => <Bars {...size} rows={rows} mean={mean} looks={looks} names={names} format={format} />}
            </Fill>
          </div>
        )}
        {layout.showCurves && (
          <Fill>
            {(size) => (
              <Curves
                {...size}
                series={panel.data.series}
                curvesFrom={options.curvesFrom}
                mapping={mapping}
                seen={seen}
                nodes={nodes}
                ahead={ahead}
                now={latest.time}
                timeRange={timeRange}
                timeZone={panel.timeZone}
                fieldConfig={panel.fieldConfig}
                replaceVariables={panel.replaceVariables}
                onZoom={panel.onChangeTimeRange}
              />
            )}
          </Fill>
        )}
      </div>
      {plans.plans && !isRunning && (
        <Plans
          plans={plans.plans}
          selected={plans.selected}
          onSelect={plans.select}
          isNarrow={layout.isNarrow}
          isLow={layout.isLow}
        />
      )}
    </div>
  );
}

/** The forecast of what runs or has ended, counted from its start, or of what is planned, from now. */
function useAhead(drive: ReturnType<typeof useDrive>, plan: Ahead['plan'] | undefined, now: number): Ahead | undefined {
  const from = drive ? drive.startedAt : now;
  const shown = drive ? drive.plan : plan?.decision === 'start' ? plan : undefined;
  return useMemo(() => shown && { plan: shown, from }, [shown, from]);
}

function curveNodes(rows: NodeRow[], names: Record<string, string>, looks: Record<string, Look>): CurveNode[] {
  return [...rows].sort(byName).flatMap(({ node }) => {
    const look = looks[node];
    return look ? [{ node, name: names[node] ?? node, look }] : [];
  });
}

/** What this tab has seen since `from`. */
function useSeen({ observations }: RebalanceDataSource, from: number, latest: Observation): Observation[] {
  return useMemo(() => observations.between(from, latest.time), [observations, from, latest]);
}

/** Counts as the panel's field options write them. */
function useFormat({ fieldConfig, timeZone }: PanelProps<PanelOptions>): (connections: number) => string {
  const theme = useTheme2();
  return useMemo(() => {
    const display = getDisplayProcessor({
      field: { type: FieldType.number, config: fieldConfig.defaults },
      theme,
      timeZone,
    });
    return (connections) => {
      const { prefix = '', text, suffix = '' } = display(connections);
      return `${prefix}${text}${suffix}`;
    };
  }, [fieldConfig, theme, timeZone]);
}

const getStyles = (theme: GrafanaTheme2) => ({
  board: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1),
    width: '100%',
    height: '100%',
    overflow: 'hidden',
  }),
  main: css({ display: 'flex', flex: '1 1 0', gap: theme.spacing(2), minHeight: 60 }),
  stacked: css({ flexDirection: 'column', gap: theme.spacing(1) }),
  bars: css({ display: 'flex', flex: '0 1 42%', minWidth: 0, minHeight: 0 }),
  barsAlone: css({ display: 'flex', flex: '1 1 0', minWidth: 0, minHeight: 0 }),
  wide: css({ flexBasis: '64%' }),
});
