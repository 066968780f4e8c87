import { useCallback, useSyncExternalStore } from 'react';
import type { DriveState } from '../../datasource/drive';
import type { RebalanceDataSource } from '../../datasource/datasource';

/** The rebalance that this tab started, as it goes. */
export function useDrive(source: RebalanceDataSource): DriveState | undefined {
  const subscribe = useCallback(
    (listener: () => void) => {
      let leave = source.helm.current()?.subscribe(listener);
      const leaveHelm = source.helm.subscribe(() => {
        leave?.();
        leave = source.helm.current()?.subscribe(listener);
        listener();
      });
      return () => {
        leave?.();
        leaveHelm();
      };
    },
    [source]
  );
  return useSyncExternalStore(subscribe, () => source.helm.current()?.state());
}
