import { Button, ConfirmModal, IconButton, Stack } from '@grafana/ui';
import { useState } from 'react';
import type { Plan } from '../../contract';
import type { Control } from '../state/control';
import type { Plans } from '../state/plans';
import { promise } from '../words';
import { Findings } from './Findings';

interface Props {
  plans: Plans;
  control: Control;
  isRunning: boolean;
  mayControl: boolean;
  isNarrow: boolean;
}

/** Plan, Start and Stop. Viewers plan, since that touches nothing, but neither start nor stop. */
export function Actions({ plans, control, isRunning, mayControl, isNarrow }: Props) {
  const [asks, setAsks] = useState<'start' | 'stop'>();
  const plan = plans.plans?.[plans.selected];
  const close = () => setAsks(undefined);
  if (isRunning) {
    return mayControl ? (
      <>
        <Button
          size="sm"
          variant="destructive"
          icon="square-shape"
          disabled={control.isBusy}
          onClick={() => setAsks('stop')}
        >
          Stop
        </Button>
        <ConfirmModal
          isOpen={asks === 'stop'}
          title="Stop the rebalance"
          body="EMQX will stop at once. Clients that have moved stay where they are."
          confirmText="Stop"
          onConfirm={() => {
            close();
            void control.stop();
          }}
          onDismiss={close}
        />
      </>
    ) : null;
  }
  return (
    <>
      {plan &&
        (isNarrow ? (
          <IconButton name="times" tooltip="Close" onClick={plans.clear} />
        ) : (
          <Button size="sm" variant="secondary" fill="text" onClick={plans.clear}>
            Close
          </Button>
        ))}
      <Button size="sm" variant="secondary" disabled={plans.isBusy} onClick={plans.make}>
        {plan ? 'Plan again' : 'Plan'}
      </Button>
      {plan && mayControl && (
        <Button
          size="sm"
          disabled={!isStartable(plan) || control.isBusy}
          tooltip={obstacle(plan)}
          onClick={() => void control.check(plan).then((fits) => fits && setAsks('start'))}
        >
          Start
        </Button>
      )}
      {plan && (
        <ConfirmModal
          isOpen={asks === 'start'}
          title="Start the rebalance"
          body={<Promised plan={plan} />}
          description="It can be stopped at any time. EMQX goes on by itself if this tab is closed."
          confirmText="Start"
          {...CALM}
          onConfirm={() => {
            close();
            void control.start(plan).then((isStarted) => isStarted && plans.clear());
          }}
          onDismiss={close}
        />
      )}
    </>
  );
}

/** What a start will do, and all that is to be known before, whether the panel has room for it or not. */
function Promised({ plan }: { plan: Plan }) {
  return (
    <Stack direction="column" gap={1}>
      <span>{promise(plan)}</span>
      <Findings findings={plan.findings} />
    </Stack>
  );
}

function isStartable(plan: Plan): boolean {
  return plan.decision === 'start' && plan.findings.every((finding) => finding.severity !== 'error');
}

function obstacle(plan: Plan): string | undefined {
  return plan.decision === 'start' ? plan.findings.find(({ severity }) => severity === 'error')?.message : plan.reason;
}

/** A start destroys nothing. Grafana 12 reads the second name alone, which 13 calls old. */
const CALM = { confirmVariant: 'primary', confirmButtonVariant: 'primary' } as const;
