import { useCallback, useSyncExternalStore } from 'react';
import type { CourseState } from '../../datasource/course';
import type { RebalanceDataSource } from '../../datasource/datasource';

/** The rebalance that this tab started, as it goes. */
export function useCourse(source: RebalanceDataSource | undefined): CourseState | undefined {
  const subscribe = useCallback(
    (listener: () => void) => {
      let leave = source?.currentCourse()?.subscribe(listener);
      const leaveSource = source?.subscribeCourse(() => {
        leave?.();
        leave = source.currentCourse()?.subscribe(listener);
        listener();
      });
      return () => {
        leave?.();
        leaveSource?.();
      };
    },
    [source]
  );
  return useSyncExternalStore(subscribe, () => source?.currentCourse()?.state());
}
