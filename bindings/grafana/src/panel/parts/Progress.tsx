import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { isRunning, type Status } from '../../contract';
import { count, duration, stateName } from '../words';

/** How far a rebalance is: what it does, how much it has moved, and when it ends. */
export function Progress({ status, isOurs }: { status: Status; isOurs: boolean }) {
  const styles = useStyles2(getStyles);
  const { percent, moved, to_move, eta_s } = status.progress;
  const states =
    [...new Set(status.runs.filter(isRunning).map((run) => stateName(run.state)))].join(', ') || 'Verifying';
  const wave = status.wave > 1 ? `, wave ${status.wave}` : '';
  return (
    <div className={styles.all} aria-label="Progress">
      <div className={styles.line}>
        <span className={styles.state}>
          {states}
          {wave}
        </span>
        {isOurs && (
          <span className={styles.figures}>
            {count(moved)} of {count(to_move)} clients
            {eta_s === undefined ? '' : ` · about ${duration(eta_s)} left`}
          </span>
        )}
      </div>
      <div
        className={styles.track}
        role="progressbar"
        aria-label="Clients moved"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={isOurs ? Math.round(percent) : undefined}
      >
        <div className={isOurs ? styles.fill : styles.unknown} style={isOurs ? { width: `${percent}%` } : undefined} />
      </div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  all: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(0.5), flexShrink: 0 }),
  line: css({
    display: 'flex',
    flexWrap: 'wrap',
    justifyContent: 'space-between',
    columnGap: theme.spacing(2),
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  state: css({ fontWeight: theme.typography.fontWeightMedium }),
  figures: css({ color: theme.colors.text.secondary, fontVariantNumeric: 'tabular-nums' }),
  track: css({
    height: 6,
    overflow: 'hidden',
    borderRadius: theme.shape.radius.pill,
    background: theme.colors.background.secondary,
  }),
  fill: css({
    height: '100%',
    background: theme.colors.primary.main,
    [theme.transitions.handleMotion('no-preference')]: { transition: 'width 500ms linear' },
  }),
  unknown: css({
    height: '100%',
    background: `repeating-linear-gradient(90deg, ${theme.colors.primary.main} 0 24px, ${theme.colors.primary.transparent} 24px 48px)`,
  }),
});
