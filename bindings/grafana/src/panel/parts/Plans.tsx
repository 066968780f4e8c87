import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { MODES } from '../../choices';
import type { Mode, Plan } from '../../contract';
import { count, deviation, duration } from '../words';
import { Findings } from './Findings';

interface Props {
  plans: Record<Mode, Plan>;
  selected: Mode;
  onSelect: (mode: Mode) => void;
  isNarrow: boolean;
}

/** Both ways to rebalance, side by side, and what to know about the chosen one. */
export function Plans({ plans, selected, onSelect, isNarrow }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.all}>
      <div className={cx(styles.cards, isNarrow && styles.stacked)} role="radiogroup" aria-label="Plan">
        {MODES.map(({ value: mode, label, description = '' }) => (
          <Card
            key={mode}
            plan={plans[mode]}
            title={label}
            subtitle={description}
            isSelected={mode === selected}
            onSelect={() => onSelect(mode)}
          />
        ))}
      </div>
      <Findings findings={plans[selected].findings} />
    </div>
  );
}

interface CardProps {
  plan: Plan;
  title: string;
  subtitle: string;
  isSelected: boolean;
  onSelect: () => void;
}

function Card({ plan, title, subtitle, isSelected, onSelect }: CardProps) {
  const styles = useStyles2(getStyles);
  return (
    <button
      type="button"
      role="radio"
      aria-checked={isSelected}
      className={cx(styles.card, isSelected && styles.selected)}
      onClick={onSelect}
      data-testid={`plan ${plan.mode}`}
    >
      <span className={styles.title}>
        {title} <span className={styles.subtitle}>{subtitle}</span>
      </span>
      {plan.decision === 'start' ? <Figures plan={plan} /> : <span className={styles.reason}>{plan.reason}</span>}
    </button>
  );
}

function Figures({ plan: { balance, forecast, bounds, runs } }: { plan: Plan }) {
  const styles = useStyles2(getStyles);
  const figures = [
    { name: 'Fullest node', value: deviation(balance.after.over), hint: `now ${deviation(balance.before.over)}` },
    {
      name: 'Disconnects',
      value: count(forecast.disconnects),
      hint: `fewest for 0 %: ${count(bounds.fewest_disconnects)}`,
    },
    {
      name: 'Duration',
      value: duration(forecast.duration_s),
      hint: runs.length === 1 ? '1 run' : `${runs.length} runs`,
    },
  ];
  return (
    <span className={styles.figures}>
      {figures.map(({ name, value, hint }) => (
        <span key={name} className={styles.figure}>
          <span className={styles.name}>{name}</span>
          <span className={styles.value}>{value}</span>
          <span className={styles.name}>{hint}</span>
        </span>
      ))}
    </span>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  all: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), overflow: 'auto', flexShrink: 1 }),
  cards: css({ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: theme.spacing(1) }),
  stacked: css({ gridTemplateColumns: '1fr' }),
  card: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(0.75),
    padding: theme.spacing(1, 1.5),
    textAlign: 'left',
    color: theme.colors.text.primary,
    background: theme.colors.background.secondary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    '&:hover': { background: theme.colors.emphasize(theme.colors.background.secondary, 0.03) },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: 2 },
  }),
  selected: css({
    borderColor: theme.colors.primary.border,
    boxShadow: `inset 0 0 0 1px ${theme.colors.primary.border}`,
  }),
  title: css({ fontWeight: theme.typography.fontWeightMedium }),
  subtitle: css({
    marginLeft: theme.spacing(0.5),
    fontWeight: theme.typography.fontWeightRegular,
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
  }),
  reason: css({ fontSize: theme.typography.bodySmall.fontSize, color: theme.colors.text.secondary }),
  figures: css({ display: 'flex', flexWrap: 'wrap', columnGap: theme.spacing(3), rowGap: theme.spacing(0.5) }),
  figure: css({ display: 'flex', flexDirection: 'column', minWidth: 90 }),
  name: css({ fontSize: theme.typography.bodySmall.fontSize, color: theme.colors.text.secondary }),
  value: css({
    fontSize: theme.typography.h4.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
    fontVariantNumeric: 'tabular-nums',
    lineHeight: 1.2,
  }),
});
