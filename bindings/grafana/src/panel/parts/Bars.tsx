import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Tooltip, useStyles2 } from '@grafana/ui';
import type { Look } from '../colors';
import type { NodeRow, Rows } from '../rows';
import { count, deviation } from '../words';

interface Props extends Rows {
  looks: Record<string, Look>;
  names: Record<string, string>;
  /** How a count is written, by the panel's field options. */
  format: (connections: number) => string;
  isNarrow: boolean;
}

/** A bar for each node against the mean, with a mark where the plan leaves it. */
export function Bars({ rows, mean, looks, names, format, isNarrow }: Props) {
  const styles = useStyles2(getStyles);
  const counts = rows.flatMap(({ connections, before = 0, after = 0 }) => [connections, before, after]);
  const most = Math.max(mean, ...counts, 1) * HEADROOM;
  return (
    <div className={cx(styles.list, isNarrow && styles.narrow)} role="list" aria-label="Connections of each node">
      {rows.map((row) => (
        <Bar
          key={row.node}
          row={row}
          name={names[row.node] ?? row.node}
          color={looks[row.node]?.color ?? ''}
          most={most}
          mean={mean}
          format={format}
          isNarrow={isNarrow}
        />
      ))}
    </div>
  );
}

interface BarProps extends Omit<Props, 'rows' | 'looks' | 'names'> {
  row: NodeRow;
  name: string;
  color: string;
  most: number;
}

function Bar({ row, name, color, most, mean, format, isNarrow }: BarProps) {
  const styles = useStyles2(getStyles);
  const place = (connections: number) => `${Math.min((connections / most) * 100, 100)}%`;
  return (
    <div className={styles.row} role="listitem" aria-label={told(row, mean)} data-testid={`node ${row.node}`}>
      <div className={styles.name} title={row.node}>
        {name}
      </div>
      <Tooltip content={told(row, mean)} placement="top">
        <div className={styles.track}>
          <div className={styles.fill} style={{ width: place(row.connections), background: color }} />
          {row.after !== undefined && row.after !== row.connections && (
            <div className={styles.after} style={{ left: place(row.after), borderColor: color }} />
          )}
          <div className={styles.mean} style={{ left: place(mean) }} />
        </div>
      </Tooltip>
      <div className={styles.count}>{row.status === 'stopped' ? '' : row.isUnread ? '?' : format(row.connections)}</div>
      {!isNarrow && <div className={styles.deviation}>{remark(row)}</div>}
    </div>
  );
}

function remark({ status, deviation: share }: NodeRow): string {
  return share === undefined ? (status === 'unknown' ? 'not known' : status) : deviation(share);
}

function told(row: NodeRow, mean: number): string {
  const after = row.after === undefined || row.after === row.connections ? '' : `, ${count(row.after)} after the plan`;
  const connections = row.isUnread ? 'nobody knows how many' : count(row.connections);
  return `${row.node}: ${connections} connections, mean ${count(mean)} (${remark(row)})${after}`;
}

/** Of the track that the longest bar leaves free, so that a bar is seen to be one. */
const HEADROOM = 1.08;

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(60px, max-content) minmax(60px, 1fr) max-content max-content',
    gridAutoRows: 'minmax(20px, 40px)',
    alignItems: 'center',
    columnGap: theme.spacing(1),
    overflowY: 'auto',
    alignContent: 'start',
    height: '100%',
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  narrow: css({ gridTemplateColumns: 'fit-content(40%) minmax(40px, 1fr) max-content' }),
  row: css({ display: 'contents' }),
  name: css({ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', color: theme.colors.text.primary }),
  track: css({
    position: 'relative',
    height: '60%',
    minHeight: 12,
    maxHeight: 22,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.secondary,
  }),
  fill: css({
    height: '100%',
    minWidth: 2,
    borderRadius: theme.shape.radius.default,
    [theme.transitions.handleMotion('no-preference')]: { transition: 'width 300ms linear' },
  }),
  after: css({
    position: 'absolute',
    top: -2,
    bottom: -2,
    width: 0,
    borderLeft: '2px dashed',
    marginLeft: -1,
    filter: 'brightness(1.25)',
  }),
  mean: css({
    position: 'absolute',
    top: -4,
    bottom: -4,
    width: 2,
    marginLeft: -1,
    background: theme.colors.text.primary,
  }),
  count: css({ textAlign: 'right', fontVariantNumeric: 'tabular-nums', color: theme.colors.text.primary }),
  deviation: css({ textAlign: 'right', fontVariantNumeric: 'tabular-nums', color: theme.colors.text.secondary }),
});
