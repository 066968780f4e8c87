// A page with one of the built plugins in Grafana's own components.
import { createTheme, ThemeContext } from '@grafana/data';
import * as runtime from '@grafana/runtime';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { version } from 'react';
import { createRoot } from 'react-dom/client';
import { events, install, type Instance } from './grafana';
import { loadPlugin } from './loader';
import { ConfigPage, QueryPage } from './editors';
import { PanelPage } from './panel';

const query = new URLSearchParams(location.search);
const { instances } = (window as any).harness as { instances: Instance[] };
const theme = createTheme({ colors: { mode: query.get('theme') === 'light' ? 'light' : 'dark' } });

const PAGES: Record<string, (props: any) => any> = { panel: PanelPage, config: ConfigPage, query: QueryPage };

async function main() {
  if (query.has('http')) {
    // What a page that did not come by HTTPS has of locks.
    Object.defineProperty(navigator, 'locks', { value: undefined });
  }
  (runtime.config as any).theme2 = theme;
  install(instances, async (instance) => {
    const { DataSourceClass } = await loadPlugin('emqxrebalance-rebalance-datasource');
    const source = new DataSourceClass({ ...instance, meta: { id: instance.type }, access: 'proxy', readOnly: false });
    // What Grafana's own service adds.
    source.type = instance.type;
    source.meta = { id: instance.type };
    return source;
  });
  const Page = PAGES[query.get('page') ?? 'panel']!;
  const folder = Page === PanelPage ? 'emqxrebalance-rebalance-panel' : 'emqxrebalance-rebalance-datasource';
  const plugin = await loadPlugin(folder);
  document.body.style.margin = '0';
  (window as any).react = version;
  toasts();
  const root = createRoot(document.getElementById('root')!);
  const draw = (key: number) =>
    root.render(
      <ThemeContext.Provider value={theme}>
        <GlobalStyles />
        <Page key={key} plugin={plugin} query={query} theme={theme} instances={instances} />
        <PortalContainer />
      </ThemeContext.Provider>
    );
  draw(0);
  // When any data source is saved, Grafana forgets every instance; a panel that is opened then gets a new one.
  (window as any).saveSource = () => {
    (runtime.getDataSourceSrv() as any).reload();
    draw(1);
  };
}

function toasts() {
  (window as any).toasts = [];
  for (const name of ['alert-success', 'alert-warning', 'alert-error']) {
    events.on({ name } as any, (payload: unknown) => (window as any).toasts.push([name, payload]));
  }
}

void main();
