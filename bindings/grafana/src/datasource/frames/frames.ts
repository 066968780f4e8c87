import type { DataFrame } from '@grafana/data';
import type { Observation } from '../observations';
import { DEFAULT_QUERY, type RebalanceQuery } from '../types';
import { eventsFrame } from './events';
import { forecastFrame } from './forecast';
import { balanceFrame, statesFrame } from './history';
import { nodesFrame, runsFrame } from './tables';

/** The answer to `query`: `seen` is what this tab saw of the asked time, in order, `latest` the newest of all. */
export function frameFor(query: RebalanceQuery, latest: Observation, seen: Observation[]): DataFrame {
  switch (query.subject ?? DEFAULT_QUERY.subject) {
    case 'runs':
      return runsFrame(query.refId, latest);
    case 'states':
      return statesFrame(query.refId, seen);
    case 'forecast':
      return forecastFrame(query, latest);
    case 'balance':
      return balanceFrame(query.refId, seen);
    case 'events':
      return eventsFrame(query.refId, seen);
    default:
      return nodesFrame(query.refId, latest);
  }
}
