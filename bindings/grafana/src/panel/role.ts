import { config } from '@grafana/runtime';

/**
 * Whether Grafana lets this user start and stop. For showing buttons only: the data source's route is what
 * holds viewers off.
 */
export function mayControl(): boolean {
  const { orgRole, isGrafanaAdmin } = config.bootData.user;
  return isGrafanaAdmin || orgRole === 'Editor' || orgRole === 'Admin';
}

/** Whether Grafana lets this user change the settings of data sources. */
export function mayConfigure(): boolean {
  const { orgRole, isGrafanaAdmin } = config.bootData.user;
  return isGrafanaAdmin || orgRole === 'Admin';
}

/** Whom EMQX's rebalance is attributed to. */
export function userName(): string {
  return config.bootData.user.login;
}
