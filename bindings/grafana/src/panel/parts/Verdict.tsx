import type { DriveState } from '../../datasource/drive';
import { sentence, told } from '../../told';
import { outcomeName } from '../words';
import { Notice } from './Notice';

interface Props {
  drive: DriveState;
  onDismiss: () => void;
}

/** How a rebalance of this tab ended. */
export function Verdict({ drive: { status, error }, onDismiss }: Props) {
  if (error) {
    return (
      <Notice severity="warning" title="The rebalance can no longer be followed" onRemove={onDismiss}>
        EMQX goes on by itself. {told(error).sentence}
      </Notice>
    );
  }
  if (!status?.outcome) {
    return null;
  }
  const { result, detail } = status.outcome;
  const severity = status.phase === 'Completed' ? 'success' : result === 'stopped' ? 'info' : 'error';
  return (
    <Notice severity={severity} title={outcomeName(result)} onRemove={onDismiss}>
      {sentence(detail)}
    </Notice>
  );
}
