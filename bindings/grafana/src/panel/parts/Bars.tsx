import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Tooltip, useStyles2, useTheme2 } from '@grafana/ui';
import type { PanelOptions } from '../options';
import type { NodeRow, Part, Rows } from '../rows';
import { count, deviation } from '../words';

interface Props extends Rows {
  options: PanelOptions;
  /** How a count is written, by the panel's field options. */
  format: (connections: number) => string;
  isNarrow: boolean;
}

/** A bar for each node against the mean, with a mark where the plan leaves it. */
export function Bars({ rows, mean, options, format, isNarrow }: Props) {
  const styles = useStyles2(getStyles);
  const most = Math.max(mean * 1.15, ...rows.flatMap(({ connections, after }) => [connections, after ?? 0]), 1);
  return (
    <div className={cx(styles.list, isNarrow && styles.narrow)} role="list" aria-label="Connections of each node">
      {rows.map((row) => (
        <Bar key={row.node} row={row} most={most} mean={mean} options={options} format={format} isNarrow={isNarrow} />
      ))}
    </div>
  );
}

interface BarProps extends Omit<Props, 'rows'> {
  row: NodeRow;
  most: number;
}

function Bar({ row, most, mean, options, format, isNarrow }: BarProps) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const place = (connections: number) => `${Math.min((connections / most) * 100, 100)}%`;
  const color = theme.visualization.getColorByName(colorOf(row.part, options));
  return (
    <div className={styles.row} role="listitem" aria-label={told(row, mean)} data-testid={`node ${row.node}`}>
      <div className={styles.name} title={row.node}>
        {row.node}
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
      <div className={styles.count}>{row.status === 'stopped' ? '' : format(row.connections)}</div>
      {!isNarrow && <div className={styles.deviation}>{remark(row)}</div>}
    </div>
  );
}

function colorOf(part: Part, { donorColor, recipientColor, evenColor }: PanelOptions): string {
  const colors = { donor: donorColor, recipient: recipientColor, even: evenColor, out: 'text' };
  return colors[part];
}

function remark({ status, deviation: share }: NodeRow): string {
  return share === undefined ? status : deviation(share);
}

function told(row: NodeRow, mean: number): string {
  const after = row.after === undefined || row.after === row.connections ? '' : `, ${count(row.after)} after the plan`;
  return `${row.node}: ${count(row.connections)} connections, mean ${count(mean)} (${remark(row)})${after}`;
}

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
  narrow: css({ gridTemplateColumns: 'minmax(40px, 40%) minmax(40px, 1fr) max-content' }),
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
