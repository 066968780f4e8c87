import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { MODES } from '../../choices';
import type { Mode, Plan } from '../../contract';
import { sentence } from '../../told';
import { count, deviation, duration } from '../words';
import { Findings } from './Findings';
import { Scroll } from './Scroll';

interface Props {
  plans: Record<Mode, Plan>;
  selected: Mode;
  onSelect: (mode: Mode) => void;
  isNarrow: boolean;
  /** Whether each plan must do with a line or two. */
  isLow: boolean;
}

/** Both ways to rebalance, side by side, and what to know about the chosen one. */
export function Plans({ plans, selected, onSelect, isNarrow, isLow }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.all}>
      <Scroll what="more about these plans">
        <div className={cx(styles.cards, isNarrow && styles.stacked)} role="radiogroup" aria-label="Plan">
          {MODES.map(({ value: mode, label, description = '' }) => (
            <Card
              key={mode}
              plan={plans[mode]}
              title={label}
              subtitle={description}
              isSelected={mode === selected}
              isLow={isLow}
              onSelect={() => onSelect(mode)}
            />
          ))}
        </div>
        <Findings findings={plans[selected].findings} />
      </Scroll>
    </div>
  );
}

interface CardProps {
  plan: Plan;
  title: string;
  subtitle: string;
  isSelected: boolean;
  isLow: boolean;
  onSelect: () => void;
}

function Card({ plan, title, subtitle, isSelected, isLow, onSelect }: CardProps) {
  const styles = useStyles2(getStyles);
  const shown = isLow ? <Line plan={plan} /> : <Figures plan={plan} />;
  return (
    <button
      type="button"
      role="radio"
      aria-checked={isSelected}
      className={cx(styles.card, isLow && styles.low, isSelected && styles.selected)}
      onClick={onSelect}
      data-testid={`plan ${plan.mode}`}
    >
      <span className={styles.title}>
        {title} {!isLow && <span className={styles.subtitle}>{subtitle}</span>}
      </span>
      {plan.decision === 'start' ? shown : <span className={styles.reason}>{sentence(plan.reason ?? '')}</span>}
    </button>
  );
}

/** The figures where there is no room to name them: those of a sentence. */
function Line({ plan: { balance, forecast, runs } }: { plan: Plan }) {
  const styles = useStyles2(getStyles);
  return (
    <span className={styles.reason}>
      {deviation(balance.after.over)} · {count(forecast.disconnects)} disconnects · {duration(forecast.duration_s)} ·{' '}
      {counted(runs.length)}
    </span>
  );
}

function counted(runs: number): string {
  return runs === 1 ? '1 run' : `${runs} runs`;
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
      hint: counted(runs.length),
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
  all: css({ display: 'flex', flexDirection: 'column', flexShrink: 1, minHeight: 0 }),
  cards: css({
    display: 'grid',
    gridTemplateColumns: '1fr 1fr',
    gap: theme.spacing(1),
    marginBottom: theme.spacing(1),
  }),
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
  low: css({ gap: 0, padding: theme.spacing(0.25, 1) }),
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
