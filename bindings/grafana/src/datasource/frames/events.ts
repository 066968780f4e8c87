import { createDataFrame, FieldType, type DataFrame } from '@grafana/data';
import type { Observation } from '../observations';
import { rebalanceState } from './history';

interface Event {
  time: number;
  timeEnd: number | null;
  text: string;
}

/** The rebalances that were seen, each from its first sight to its last: what annotations show. */
export function eventsFrame(refId: string, seen: Observation[]): DataFrame {
  const events = spans(seen);
  return createDataFrame({
    refId,
    name: 'events',
    fields: [
      { name: 'time', type: FieldType.time, values: events.map((event) => event.time) },
      { name: 'timeEnd', type: FieldType.time, values: events.map((event) => event.timeEnd) },
      { name: 'title', type: FieldType.string, values: events.map(() => 'EMQX rebalance') },
      { name: 'text', type: FieldType.string, values: events.map((event) => event.text) },
      { name: 'tags', type: FieldType.other, values: events.map(() => ['emqx', 'rebalance']) },
    ],
  });
}

function spans(seen: Observation[]): Event[] {
  const events: Event[] = [];
  let isRunning = false;
  for (const observation of seen) {
    const runs = rebalanceState(observation) !== 'idle';
    const last = events.at(-1);
    if (runs && !isRunning) {
      events.push({ time: observation.time, timeEnd: null, text: described(observation) });
    } else if (!runs && isRunning && last) {
      last.timeEnd = observation.time;
    }
    isRunning = runs;
  }
  return events;
}

function described({ status: { runs } }: Observation): string {
  const donors = new Set(runs.flatMap((run) => run.donors));
  const recipients = new Set(runs.flatMap((run) => run.recipients));
  return `from ${[...donors].join(', ')} to ${[...recipients].join(', ')}`;
}
