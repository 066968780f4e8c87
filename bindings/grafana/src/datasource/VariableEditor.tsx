import { InlineField, Input } from '@grafana/ui';

/** A variable has one question, so there is nothing to choose. */
export function VariableEditor() {
  return (
    <InlineField label="Values" tooltip="The names of the cluster's nodes; the variable's own regex narrows them down">
      <Input readOnly width={30} value="Nodes" aria-label="Values" />
    </InlineField>
  );
}
