import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Tooltip, useStyles2 } from '@grafana/ui';
import type { Look } from '../colors';
import { columnsOf } from '../layout';
import type { NodeRow, Rows } from '../rows';
import { count, deviation } from '../words';
import { Scroll } from './Scroll';

interface Props extends Rows {
  looks: Record<string, Look>;
  names: Record<string, string>;
  /** How a count is written, by the panel's field options. */
  format: (connections: number) => string;
  width: number;
  height: number;
}

/** A bar for each node against the mean, with a mark where the plan leaves it, in as many columns as it takes. */
export function Bars({ rows, mean, looks, names, format, width, height }: Props) {
  const styles = useStyles2(getStyles);
  const room = height - EDGES;
  const { columns, rowHeight, hasRemarks } = columnsOf(rows.length, width, room);
  const counts = rows.flatMap(({ connections, before = 0, after = 0 }) => [connections, before, after]);
  const most = Math.max(mean, ...counts, 1) * HEADROOM;
  return (
    <Scroll what="more nodes">
      <div className={styles.columns} role="list" aria-label="Connections of each node">
        {chunks(rows, Math.ceil(rows.length / columns)).map((column) => (
          <div
            key={column[0]?.node}
            role="presentation"
            className={cx(styles.list, rowHeight < DENSE && styles.dense, !hasRemarks && styles.plain)}
            style={{ gridAutoRows: `minmax(${rowHeight}px, ${Math.min(Math.floor(room / column.length), 40)}px)` }}
          >
            {column.map((row) => (
              <Bar
                key={row.node}
                row={row}
                name={names[row.node] ?? row.node}
                color={looks[row.node]?.color ?? ''}
                most={most}
                mean={mean}
                format={format}
                hasRemark={hasRemarks}
              />
            ))}
          </div>
        ))}
      </div>
    </Scroll>
  );
}

function chunks<T>(all: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

interface BarProps extends Pick<Props, 'mean' | 'format'> {
  row: NodeRow;
  name: string;
  color: string;
  most: number;
  hasRemark: boolean;
}

function Bar({ row, name, color, most, mean, format, hasRemark }: BarProps) {
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
      {hasRemark && <div className={styles.deviation}>{remark(row)}</div>}
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

/** Pixels above the first row and below the last one, which marks stand out into. */
const EDGES = 6;
/** Of the track that the longest bar leaves free, so that a bar is seen to be one. */
const HEADROOM = 1.08;
/** Pixels of a row under which its letters are smaller. */
const DENSE = 18;

const getStyles = (theme: GrafanaTheme2) => ({
  columns: css({ display: 'flex', gap: theme.spacing(2), padding: '3px 0' }),
  list: css({
    flex: '1 1 0',
    minWidth: 0,
    display: 'grid',
    gridTemplateColumns: 'fit-content(40%) minmax(40px, 1fr) max-content max-content',
    alignItems: 'center',
    alignContent: 'start',
    columnGap: theme.spacing(1),
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  plain: css({ gridTemplateColumns: 'fit-content(40%) minmax(40px, 1fr) max-content' }),
  dense: css({ fontSize: 11, lineHeight: 1.2 }),
  row: css({ display: 'contents' }),
  name: css({ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', color: theme.colors.text.primary }),
  track: css({
    position: 'relative',
    height: '60%',
    minHeight: 8,
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
    top: -2,
    bottom: -2,
    width: 2,
    marginLeft: -1,
    background: theme.colors.text.primary,
  }),
  count: css({ textAlign: 'right', fontVariantNumeric: 'tabular-nums', color: theme.colors.text.primary }),
  deviation: css({ textAlign: 'right', fontVariantNumeric: 'tabular-nums', color: theme.colors.text.secondary }),
});
