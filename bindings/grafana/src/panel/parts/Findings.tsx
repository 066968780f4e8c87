import { css } from '@emotion/css';
import type { GrafanaTheme2, IconName } from '@grafana/data';
import { Icon, useStyles2 } from '@grafana/ui';
import type { Finding } from '../../contract';
import { sentence } from '../../told';

/** What to know before starting, errors first. */
export function Findings({ findings }: { findings: Finding[] }) {
  const styles = useStyles2(getStyles);
  return (
    <ul className={styles.list} aria-label="Findings">
      {findings.map((finding) => (
        <li key={`${finding.code} ${finding.message}`} className={styles.finding}>
          <Icon name={ICONS[finding.severity]} className={styles[finding.severity]} title={finding.severity} />
          <span>{sentence(finding.message)}</span>
        </li>
      ))}
    </ul>
  );
}

const ICONS: Record<Finding['severity'], IconName> = {
  error: 'exclamation-circle',
  warning: 'exclamation-triangle',
  info: 'info-circle',
};

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({ listStyle: 'none', margin: 0, padding: theme.spacing(0, 0, 0.5) }),
  finding: css({
    display: 'flex',
    gap: theme.spacing(1),
    alignItems: 'flex-start',
    padding: theme.spacing(0.25, 0),
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
  }),
  error: css({ color: theme.colors.error.text, flexShrink: 0 }),
  warning: css({ color: theme.colors.warning.text, flexShrink: 0 }),
  info: css({ color: theme.colors.info.text, flexShrink: 0 }),
});
