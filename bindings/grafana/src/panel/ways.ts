import { locationUtil } from '@grafana/data';
import { locationService } from '@grafana/runtime';
import { mayConfigure, mayControl } from './role';

/** A page of Grafana where a problem can be mended. */
export interface Way {
  href: string;
  label: string;
  /** Whether Grafana lets this user in there. */
  isOpen: boolean;
  /** Whom to ask if not. */
  whoElse: string;
}

/** The settings of the data source `uid`. */
export function settingsOf(uid: string): Way {
  return toSources(`edit/${encodeURIComponent(uid)}`, 'Open the settings');
}

/** Where data sources are added. */
export function newSource(): Way {
  return toSources('new', 'Add a data source');
}

function toSources(page: string, label: string): Way {
  return {
    href: locationUtil.assureBaseUrl(`/connections/datasources/${page}`),
    label,
    isOpen: mayConfigure(),
    whoElse: 'Somebody with the role Admin can change the settings of data sources.',
  };
}

/** The options of a panel. */
export function optionsOf(panelId: number): Way {
  const page = locationUtil.getUrlForPartial(locationService.getLocation(), { editPanel: panelId });
  return {
    href: locationUtil.assureBaseUrl(page),
    label: 'Edit the panel',
    isOpen: mayControl(),
    whoElse: 'Somebody with the role Editor can change the options of this panel.',
  };
}

/** Where what EMQX or the planner did not take can be changed: the panel's options, or keys and URL. */
export function wayFor(error: Error, uid: string, panelId: number): Way | undefined {
  const kind = 'kind' in error ? error.kind : undefined;
  switch (kind) {
    case 'config_invalid':
      return optionsOf(panelId);
    case 'unauthorized':
    case 'forbidden':
    case 'unreachable':
      return settingsOf(uid);
    default:
      return undefined;
  }
}
