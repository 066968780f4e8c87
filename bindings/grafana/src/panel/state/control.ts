import { AppEvents } from '@grafana/data';
import { getAppEvents } from '@grafana/runtime';
import { useState } from 'react';
import type { Plan } from '../../contract';
import type { DriveState } from '../../datasource/drive';
import type { RebalanceDataSource } from '../../datasource/datasource';
import { errorOf } from '../../error';
import { userName } from '../role';
import { outcomeName, promise } from '../words';
import { markStart, type Place } from './marks';

export interface Control {
  isBusy: boolean;
  error?: Error;
  /** Whether the plan can still be started. */
  check: (plan: Plan) => Promise<boolean>;
  start: (plan: Plan) => Promise<boolean>;
  stop: () => Promise<boolean>;
  clear: () => void;
}

/** Starts and stops, and tells Grafana: a toast, and a region on the dashboard's time axis. */
export function useControl(source: RebalanceDataSource, pollMs: number, place: Place): Control {
  const [state, setState] = useState<{ isBusy: boolean; error?: Error }>({ isBusy: false });

  const attempt = async (work: () => Promise<void>): Promise<boolean> => {
    setState({ isBusy: true });
    try {
      await work();
      setState({ isBusy: false });
      return true;
    } catch (error) {
      setState({ isBusy: false, error: errorOf(error) });
      return false;
    }
  };

  return {
    ...state,
    check: (plan) => attempt(() => source.check(plan)),
    start: (plan) => attempt(() => begin(source, plan, pollMs, place)),
    stop: () => attempt(() => source.stop()),
    clear: () => setState({ isBusy: false }),
  };
}

async function begin(source: RebalanceDataSource, plan: Plan, pollMs: number, place: Place): Promise<void> {
  const options = { who: userName(), reason: 'Grafana panel', poll_interval_ms: pollMs };
  const drive = await source.start(plan, options);
  const markEnd = markStart(place, promise(plan));
  void drive.ended.then((state) => {
    const verdict = verdictOf(state);
    toast(state, verdict);
    void markEnd(verdict);
  });
}

function verdictOf({ status, error }: DriveState): string {
  return status?.outcome ? outcomeName(status.outcome.result) : `no longer followed: ${error?.message}`;
}

function toast({ status }: DriveState, verdict: string): void {
  const type = status?.phase === 'Completed' ? AppEvents.alertSuccess : AppEvents.alertWarning;
  getAppEvents().publish({ type: type.name, payload: [verdict, status?.outcome?.detail] });
}
