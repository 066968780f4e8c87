import type { StandardEditorProps } from '@grafana/data';
import { getDataSourceSrv, getTemplateSrv } from '@grafana/runtime';
import { Combobox } from '@grafana/ui';
import { SOURCE_TYPE } from './source';

/** Picks an EMQX data source, or a dashboard variable that names one. */
export function SourcePicker({ value, onChange }: StandardEditorProps<string | undefined>) {
  const sources = getDataSourceSrv()
    .getList({ pluginId: SOURCE_TYPE })
    .map(({ name, uid }) => ({ value: uid, label: name }));
  const variables = getTemplateSrv()
    .getVariables()
    .map(({ name }) => ({ value: `\${${name}}`, label: `\${${name}}`, description: 'Dashboard variable' }));
  return (
    <Combobox
      aria-label="EMQX data source"
      isClearable
      placeholder="Automatic"
      options={[...sources, ...variables]}
      value={value ?? null}
      onChange={(option) => onChange(option?.value)}
    />
  );
}
