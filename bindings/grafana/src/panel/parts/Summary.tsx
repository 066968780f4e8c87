import { css } from '@emotion/css';
import { dateTimeFormat, type GrafanaTheme2 } from '@grafana/data';
import { Icon, Tooltip, useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';
import type { Observation } from '../../datasource/observations';
import { told } from '../../told';
import { count, deviation, nodes } from '../words';

interface Props {
  latest: Observation;
  /** The share of the fullest node over the mean. */
  over?: number;
  /** Clients on their way from one node to another. */
  away: number;
  /** Why the last look failed. */
  error?: Error;
  timeZone: string;
  isNarrow: boolean;
  /** The buttons. */
  children: ReactNode;
}

/** How balanced the cluster is, in one line, and what can be done about it. */
export function Summary({ latest: { status, time }, over, away, error, timeZone, isNarrow, children }: Props) {
  const styles = useStyles2(getStyles);
  const total = status.nodes.reduce((sum, load) => sum + load.connections, 0);
  return (
    <div className={styles.line}>
      <div className={styles.text} aria-label="Balance">
        <span className={styles.over}>{over === undefined ? '–' : deviation(over)}</span>
        <span className={styles.rest}>
          {isNarrow
            ? 'over mean'
            : `fullest node over the mean · ${count(total)} clients on ${nodes(status.nodes.length)}`}
          {away > 0 && ` · ${count(away)} reconnecting`}
        </span>
        {error && (
          <Tooltip content={`Last seen ${dateTimeFormat(time, { timeZone })}: ${told(error).sentence}`}>
            <span role="img" aria-label="Not up to date" className={styles.stale}>
              <Icon name="exclamation-triangle" />
            </span>
          </Tooltip>
        )}
      </div>
      <div className={styles.actions}>{children}</div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  line: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1), flexShrink: 0, minHeight: 24 }),
  text: css({ display: 'flex', alignItems: 'baseline', gap: theme.spacing(1), minWidth: 0, flex: '1 1 0' }),
  over: css({
    fontSize: theme.typography.h3.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
    fontVariantNumeric: 'tabular-nums',
    whiteSpace: 'nowrap',
  }),
  rest: css({
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
  }),
  stale: css({ color: theme.colors.warning.text, flexShrink: 0 }),
  actions: css({ display: 'flex', gap: theme.spacing(1), flexShrink: 0 }),
});
