import { css, cx } from '@emotion/css';
import { Alert, useStyles2, type AlertVariant } from '@grafana/ui';
import type { ReactNode } from 'react';

interface Props {
  severity: AlertVariant;
  title: string;
  children?: ReactNode;
  /** Whether the panel shows nothing else. */
  isAlone?: boolean;
  onRemove?: () => void;
}

/** Something to know, no taller than its words: in a column, Grafana's alert takes all the room that is left. */
export function Notice({ severity, title, children, isAlone, onRemove }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <div className={cx(styles.box, isAlone && styles.alone)}>
      <Alert severity={severity} title={title} onRemove={onRemove} bottomSpacing={0}>
        {children}
      </Alert>
    </div>
  );
}

const getStyles = () => ({
  box: css({ flexShrink: 0, maxHeight: '50%', overflow: 'auto' }),
  alone: css({ maxHeight: '100%' }),
});
