import { Alert } from '@grafana/ui';
import type { CourseState } from '../../datasource/course';
import { outcomeName } from '../words';

interface Props {
  course: CourseState;
  onDismiss: () => void;
}

/** How a rebalance of this tab ended. */
export function Verdict({ course: { status, error }, onDismiss }: Props) {
  if (error) {
    return (
      <Alert severity="warning" title="The rebalance can no longer be followed" onRemove={onDismiss} bottomSpacing={0}>
        EMQX goes on by itself: {error.message}
      </Alert>
    );
  }
  if (!status?.outcome) {
    return null;
  }
  const { result, detail } = status.outcome;
  const severity = status.phase === 'Completed' ? 'success' : result === 'stopped' ? 'info' : 'error';
  return (
    <Alert severity={severity} title={outcomeName(result)} onRemove={onDismiss} bottomSpacing={0}>
      {detail}
    </Alert>
  );
}
