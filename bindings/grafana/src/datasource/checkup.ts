import type { DataSourceInstanceSettings, TestDataSourceResponse } from '@grafana/data';
import { errorOf } from '../error';
import { told } from '../told';
import { carry } from './carrier';
import { urlProblem } from './checks';
import type { Observation } from './observations';
import type { RebalanceJsonData } from './types';

type Settings = DataSourceInstanceSettings<RebalanceJsonData>;

/** What *Save & test* says: which EMQX answers, and what each key may do. Starts nothing. */
export async function checkup(settings: Settings, read: () => Promise<Observation>): Promise<TestDataSourceResponse> {
  if (!settings.jsonData.apiUrl) {
    return failure('Give the URL of EMQX’s API');
  }
  const problem = urlProblem(settings.jsonData.apiUrl);
  if (problem) {
    return failure(`API URL: ${problem}`);
  }
  try {
    const { status, balance } = await read();
    const versions = [...new Set(status.nodes.flatMap((load) => load.version ?? []))].sort();
    const which = `EMQX ${versions.join(', ') || 'of unknown version'}, ${counted(status.nodes.length)}`;
    const over = balance ? `fullest ${(balance.over * 100).toFixed(1)} % over the mean` : 'none of which serves';
    const control = await mayControl(settings, status.nodes.some((load) => load.version?.startsWith('4.')) ? 4 : 5);
    const summary = `${which}, ${over}. The read key can read. ${control.text}`;
    return { status: control.isError ? 'error' : 'success', message: summary };
  } catch (error) {
    return failure(told(errorOf(error)).sentence);
  }
}

/**
 * Whether the control key may start and stop.
 *
 * Asks a node that does not exist to stop a rebalance: EMQX checks the key first, then finds no such node.
 */
async function mayControl({ uid, jsonData }: Settings, version: 4 | 5): Promise<{ text: string; isError: boolean }> {
  if (!jsonData.controlKey) {
    return { text: 'There is no control key: this data source only watches.', isError: false };
  }
  const path = `/api/v${version}/load_rebalance/${NOBODY}/stop`;
  const { status } = await carry(`/api/datasources/proxy/uid/${uid}${path}`, { method: 'POST' });
  switch (status) {
    case 400:
    case 404:
      return { text: 'The control key can start and stop.', isError: false };
    case 401:
      return { text: 'EMQX does not take the control key: check key and secret.', isError: true };
    case 403:
      return { text: 'The control key may not start and stop: give it the role administrator.', isError: true };
    default:
      return { text: `Whether the control key works is not known: EMQX answered ${status}.`, isError: true };
  }
}

function counted(nodes: number): string {
  return nodes === 1 ? '1 node' : `${nodes} nodes`;
}

function failure(message: string): TestDataSourceResponse {
  return { status: 'error', message };
}

/** No node has this name: `invalid` is no top-level domain (RFC 2606). */
const NOBODY = 'emqx-rebalance-check@nobody.invalid';
