import { AppEvents } from '@grafana/data';
import { getAppEvents } from '@grafana/runtime';
import { useState } from 'react';
import type { Plan } from '../../contract';
import type { RebalanceDataSource } from '../../datasource/datasource';
import { userName } from '../role';
import { outcomeName, promise } from '../words';
import { markStart, type Place } from './marks';

export interface Control {
  isBusy: boolean;
  error?: Error;
  start: (plan: Plan) => Promise<boolean>;
  stop: () => Promise<void>;
  clear: () => void;
}

/** Starts and stops, and tells Grafana: a toast, and a region on the dashboard's time axis. */
export function useControl(source: RebalanceDataSource | undefined, pollSeconds: number, place: Place): Control {
  const [state, setState] = useState<{ isBusy: boolean; error?: Error }>({ isBusy: false });

  const attempt = async (work: (source: RebalanceDataSource) => Promise<void>): Promise<boolean> => {
    if (!source) {
      return false;
    }
    setState({ isBusy: true });
    try {
      await work(source);
      setState({ isBusy: false });
      return true;
    } catch (error) {
      setState({ isBusy: false, error: error instanceof Error ? error : new Error(String(error)) });
      return false;
    }
  };

  return {
    ...state,
    start: (plan) => attempt((current) => begin(current, plan, pollSeconds, place)),
    stop: async () => void (await attempt((current) => current.stop())),
    clear: () => setState({ isBusy: false }),
  };
}

async function begin(source: RebalanceDataSource, plan: Plan, pollSeconds: number, place: Place): Promise<void> {
  let finish: ((verdict: string) => Promise<void>) | undefined;
  const options = { who: userName(), reason: 'Grafana panel', poll_interval_ms: pollSeconds * 1000 };
  await source.start(plan, options, ({ status, error }) => {
    const verdict = status?.outcome ? outcomeName(status.outcome.result) : `no longer followed: ${error?.message}`;
    const type = status?.phase === 'Completed' ? AppEvents.alertSuccess : AppEvents.alertWarning;
    getAppEvents().publish({ type: type.name, payload: [verdict, status?.outcome?.detail] });
    void finish?.(verdict);
  });
  finish = await markStart(place, promise(plan));
}
