import { useState } from 'react';
import type { Mode, Plan } from '../../contract';
import type { RebalanceDataSource } from '../../datasource/datasource';
import { errorOf } from '../../error';
import { planRequest, type PanelOptions } from '../options';

export interface PlansState {
  plans?: Record<Mode, Plan>;
  selected: Mode;
  isBusy: boolean;
  error?: Error;
}

export interface Plans extends PlansState {
  make: () => void;
  select: (mode: Mode) => void;
  clear: () => void;
}

/** EMQX's own run and a level plan, made from the same options at the same time. */
export function usePlans(source: RebalanceDataSource, options: PanelOptions): Plans {
  const [state, setState] = useState<PlansState>({ selected: options.mode, isBusy: false });
  const clear = () => setState({ selected: options.mode, isBusy: false });

  const make = () => {
    setState((old) => ({ ...old, isBusy: true, error: undefined }));
    both(source, options)
      .then((plans) => setState((old) => ({ ...old, plans, selected: startable(plans, options.mode), isBusy: false })))
      .catch((error) => setState((old) => ({ ...old, plans: undefined, error: errorOf(error), isBusy: false })));
  };
  const select = (selected: Mode) => setState((old) => ({ ...old, selected }));
  return { ...state, make, select, clear };
}

async function both(source: RebalanceDataSource, options: PanelOptions): Promise<Record<Mode, Plan>> {
  const [single, level] = await Promise.all([
    source.plan(planRequest(options, 'single')),
    source.plan(planRequest(options, 'level')),
  ]);
  return { single, level };
}

/** The preferred plan, unless only the other one does something. */
function startable(plans: Record<Mode, Plan>, preferred: Mode): Mode {
  const other: Mode = preferred === 'single' ? 'level' : 'single';
  return plans[preferred].decision !== 'start' && plans[other].decision === 'start' ? other : preferred;
}
