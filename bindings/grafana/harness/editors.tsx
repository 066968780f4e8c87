import type { DataSourcePlugin, GrafanaTheme2 } from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import { Alert, Button } from '@grafana/ui';
import { useEffect, useState, type ReactNode } from 'react';
import { backend, type Instance } from './grafana';

interface Props {
  plugin: DataSourcePlugin<any, any, any, any>;
  query: URLSearchParams;
  theme: GrafanaTheme2;
  instances: Instance[];
}

/** The data source's settings, with *Save & test* as Grafana does it: save, forget the secrets, test. */
export function ConfigPage({ plugin, query, theme, instances }: Props) {
  const uid = query.get('uid') ?? 'new';
  const saved = instances.find((instance) => instance.uid === uid);
  const [options, setOptions] = useState<any>({ url: '', jsonData: {}, secureJsonFields: {}, ...saved });
  const [result, setResult] = useState<{ status: string; message: string }>();
  const Editor = plugin.components.ConfigEditor!;
  const save = async () => {
    const settings: any = await backend.post(`/api/datasources/uid/${uid}`, options);
    setOptions(settings);
    const source = new plugin.DataSourceClass({ ...settings, uid, meta: { id: settings.type } });
    setResult(await source.testDatasource());
  };
  return (
    <Frame theme={theme}>
      <Editor options={options} onOptionsChange={setOptions} />
      {result && <Alert severity={result.status === 'success' ? 'success' : 'error'} title={result.message} />}
      <Button onClick={() => void save()}>Save &amp; test</Button>
    </Frame>
  );
}

/** The query editor, and the frames that its query answers, as text. */
export function QueryPage({ plugin, query: parameters, theme }: Props) {
  const [query, setQuery] = useState<any>({ refId: 'A', ...JSON.parse(parameters.get('query') ?? '{}') });
  const [frames, setFrames] = useState('');
  const [source, setSource] = useState<any>();
  useEffect(
    () =>
      void getDataSourceSrv()
        .get(parameters.get('uid') ?? 'emqx')
        .then(setSource),
    [parameters]
  );
  const Editor = plugin.components.QueryEditor!;
  const run = async () => {
    const range = { from: { valueOf: () => Date.now() - 3_600_000 }, to: { valueOf: () => Date.now() } };
    const { data } = await source.query({ targets: [query], range, scopedVars: {} });
    setFrames(JSON.stringify(data));
  };
  return (
    <Frame theme={theme}>
      {source && <Editor datasource={source} query={query} onChange={setQuery} onRunQuery={() => undefined} />}
      <Button onClick={() => void run()}>Run query</Button>
      <pre data-testid="frames">{frames}</pre>
    </Frame>
  );
}

function Frame({ theme, children }: { theme: GrafanaTheme2; children: ReactNode }) {
  return (
    <div id="frame" style={{ padding: 24, width: 760, background: theme.colors.background.primary }}>
      {children}
    </div>
  );
}
