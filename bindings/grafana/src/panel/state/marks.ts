import { getBackendSrv } from '@grafana/runtime';

/** Where a mark belongs. Dashboards that were never saved have no unique id and get none. */
export interface Place {
  dashboardUID?: string;
  panelId: number;
}

/**
 * Marks the start of a rebalance on the dashboard, for everybody who looks at it.
 *
 * @returns what turns the mark into a region that ends now. Grafana's refusals are no errors of a rebalance.
 */
export function markStart(place: Place, text: string): (verdict: string) => Promise<void> {
  const mark = { ...place, time: Date.now(), tags: TAGS, text };
  // Without a dashboard, Grafana would show the mark on every dashboard of the organisation.
  const marked = place.dashboardUID ? quietly('POST', '/api/annotations', mark) : Promise.resolve(undefined);
  return async (verdict) => {
    const timeEnd = Date.now();
    const id = await marked;
    if (id !== undefined) {
      await quietly('PATCH', `/api/annotations/${id}`, { timeEnd, text: `${text}: ${verdict}` });
    }
  };
}

async function quietly(method: 'POST' | 'PATCH', url: string, data: object): Promise<number | undefined> {
  const options = { showErrorAlert: false, showSuccessAlert: false };
  const ask = getBackendSrv()[method === 'POST' ? 'post' : 'patch']<{ id?: number }>(url, data, options);
  return ask.then(
    (answer) => answer.id,
    () => undefined
  );
}

const TAGS = ['emqx', 'rebalance'];
