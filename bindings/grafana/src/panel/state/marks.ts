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
export async function markStart(place: Place, text: string): Promise<(verdict: string) => Promise<void>> {
  const id = await quietly('POST', '/api/annotations', { ...place, time: Date.now(), tags: TAGS, text });
  return async (verdict) => {
    if (id !== undefined) {
      await quietly('PATCH', `/api/annotations/${id}`, { timeEnd: Date.now(), text: `${text}: ${verdict}` });
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
