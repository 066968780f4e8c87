import type { Plan } from '../contract';

/** `2,498` */
export function count(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

/** `+33.4 %` or `−100 %`: a share of the mean, over or under it. */
export function deviation(share: number): string {
  const percent = Math.abs(share) * 100;
  const digits = percent >= 100 || percent === 0 ? 0 : percent < 0.1 ? 2 : 1;
  const text = percent.toFixed(digits);
  return Number(text) === 0 ? '0 %' : `${share < 0 ? '−' : '+'}${text} %`;
}

/** `58 s` or `2 min 2 s` */
export function duration(seconds: number): string {
  const [minutes, rest] = [Math.floor(seconds / 60), Math.round(seconds % 60)];
  if (minutes === 0) {
    return `${rest} s`;
  }
  return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
}

/** `1 node`, `3 nodes` */
export function nodes(n: number): string {
  return n === 1 ? '1 node' : `${count(n)} nodes`;
}

/** What starting `plan` will do, in one sentence. */
export function promise({ donors, recipients, forecast }: Plan): string {
  const closed = donors.length === 1 ? donors[0] : `${donors.length} nodes`;
  const takers = recipients.length === 1 ? recipients[0] : `${recipients.length} nodes`;
  return (
    `EMQX will close ${closed} to new clients, disconnect ${count(forecast.disconnects)} clients, which come back ` +
    `to ${takers}, and be done in about ${duration(forecast.duration_s)}.`
  );
}

/** EMQX's words for the states of a run, for people. */
export function stateName(state: string): string {
  return STATES[state] ?? state.replaceAll('_', ' ');
}

const STATES: Record<string, string> = {
  wait_health_check: 'Waiting for load balancers',
  evicting_conns: 'Moving clients',
  wait_takeover: 'Waiting for takeovers',
  evicting_sessions: 'Moving sessions',
  pending: 'Not started yet',
  starting: 'Starting',
  gone: 'Ended',
  not_needed: 'Not needed',
  refused: 'Refused',
};

/** Names of the outcomes, for people. */
export function outcomeName(result: string): string {
  return OUTCOMES[result] ?? result;
}

const OUTCOMES: Record<string, string> = {
  completed: 'Rebalance completed',
  already_balanced: 'Already balanced',
  stopped: 'Rebalance stopped',
  vanished: 'Rebalance vanished before its goal',
  stalled: 'Rebalance stalled',
  aborted: 'Rebalance aborted by a guard',
  refused: 'Rebalance refused',
  timed_out: 'Rebalance timed out',
};
