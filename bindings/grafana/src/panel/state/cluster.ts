import { useEffect, useState } from 'react';
import type { RebalanceDataSource } from '../../datasource/datasource';
import type { Observation } from '../../datasource/observations';
import { errorOf } from '../../error';

export interface ClusterState {
  latest?: Observation;
  /** Why the last look failed. What was seen before is still there. */
  error?: Error;
}

/**
 * Looks at the cluster every `pollMs` milliseconds while the tab is visible, and tells whatever anybody sees of it. Another source needs
 * another component: the state is this one's.
 */
export function useCluster(source: RebalanceDataSource, pollMs: number): ClusterState {
  const [state, setState] = useState<ClusterState>({ latest: source.observations.latest() });
  useEffect(() => {
    const unsubscribe = source.observations.subscribe((latest) => setState({ latest }));
    const look = () => {
      if (document.visibilityState === 'visible') {
        source.observe(pollMs / 2).catch((error) => setState(({ latest }) => ({ latest, error: errorOf(error) })));
      }
    };
    look();
    const timer = setInterval(look, pollMs);
    document.addEventListener('visibilitychange', look);
    return () => {
      unsubscribe();
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [source, pollMs]);
  return state;
}
