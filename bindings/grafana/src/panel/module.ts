import { PanelPlugin } from '@grafana/data';
import { withOptions, type PanelOptions } from './options';
import { RebalancePanel } from './RebalancePanel';

export const plugin = withOptions(new PanelPlugin<PanelOptions>(RebalancePanel));
