import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Field, Input, SecretInput, Stack } from '@grafana/ui';
import { useState } from 'react';
import { basic } from './basic';
import type { RebalanceJsonData, RebalanceSecrets } from './types';

interface Props extends DataSourcePluginOptionsEditorProps<RebalanceJsonData, RebalanceSecrets> {
  purpose: 'read' | 'control';
}

/** An API key and its secret. Only both together make what Grafana stores, so a new key asks for its secret again. */
export function KeyFields({ purpose, options, onOptionsChange }: Props) {
  const { keyField, secretField, help } = FIELDS[purpose];
  const [secret, setSecret] = useState('');
  const key = options.jsonData[keyField] ?? '';
  const isLone = key === '' && secret !== '';
  const isStored = options.secureJsonFields[secretField] ?? false;

  const change = (newKey: string, newSecret: string) => {
    setSecret(newSecret);
    onOptionsChange({
      ...options,
      jsonData: { ...options.jsonData, [keyField]: newKey },
      secureJsonFields: { ...options.secureJsonFields, [secretField]: false },
      secureJsonData: {
        ...options.secureJsonData,
        [secretField]: newKey && newSecret ? basic(newKey, newSecret) : '',
      },
    });
  };

  return (
    <Stack direction="column" gap={0}>
      <Field label="API key" description={help} required={purpose === 'read'} invalid={isLone} error={NO_KEY}>
        <Input
          id={`${purpose}-key`}
          width={50}
          autoComplete="off"
          value={key}
          onChange={({ currentTarget }) => change(currentTarget.value.trim(), secret)}
        />
      </Field>
      <Field label="Secret" invalid={key !== '' && !isStored && secret === ''} error="This key needs its secret">
        <SecretInput
          id={`${purpose}-secret`}
          width={50}
          autoComplete="off"
          isConfigured={isStored}
          value={secret}
          onReset={() => change(key, '')}
          onChange={({ currentTarget }) => change(key, currentTarget.value)}
        />
      </Field>
    </Stack>
  );
}

const NO_KEY = 'This secret needs its key';
const FIELDS = {
  read: {
    keyField: 'readKey',
    secretField: 'readBasic',
    help: 'For everybody who sees the dashboard: an EMQX API key with the role viewer',
  },
  control: {
    keyField: 'controlKey',
    secretField: 'controlBasic',
    help: 'For editors, to start and stop: role administrator, scope cluster_operations. Leave it out to only watch',
  },
} as const;
