import { AppPlugin } from '@grafana/data';

/** The app has no page of its own: it brings the panel, the data source and the dashboard. */
export const plugin = new AppPlugin();
