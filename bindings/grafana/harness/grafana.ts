// What lives in Grafana's own application and not in its packages: stand-ins, as small as the plugins need.
import {
  EventBusSrv,
  FieldConfigProperty,
  standardEditorsRegistry,
  standardFieldConfigEditorRegistry,
  type DataSourceApi,
} from '@grafana/data';
import * as runtime from '@grafana/runtime';
import { Observable } from 'rxjs';

export interface Instance {
  uid: string;
  name: string;
  type: string;
  jsonData: Record<string, unknown>;
}

/** Grafana's HTTP client: `public/app/core/services/backend_srv.ts` in what plugins see of it. */
export const backend = {
  fetch: (request: any) =>
    new Observable((observer) => {
      void send(request).then(
        (answer) => {
          observer.next(answer);
          observer.complete();
        },
        (error) => observer.error(error)
      );
    }),
  get: async (url: string) => (await send({ url, method: 'GET' })).data,
  post: async (url: string, data: unknown) => (await send({ url, method: 'POST', data })).data,
  patch: async (url: string, data: unknown) => (await send({ url, method: 'PATCH', data })).data,
};

async function send(request: any) {
  const body =
    request.data === undefined || typeof request.data === 'string' ? request.data : JSON.stringify(request.data);
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/plain, */*',
    ...request.headers,
  };
  const response = await fetch(request.url, {
    method: request.method,
    headers,
    body,
    signal: request.abortSignal,
  }).catch((error) => {
    throw { status: undefined, statusText: String(error), data: { message: String(error) }, config: request };
  });
  const text = await response.text();
  const data = request.responseType === 'text' ? text : parsed(text);
  const { status, statusText } = response;
  if (!response.ok) {
    const wrapped = typeof data === 'string' ? { message: data, error: statusText, response: data } : data;
    throw { status, statusText, data: wrapped, config: request };
  }
  return { status, statusText, data, ok: true, headers: response.headers, config: request };
}

function parsed(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Grafana's events, of which toasts are shown on the page. */
export const events = new EventBusSrv();

/** Puts the stand-ins where `@grafana/runtime` looks for them. */
export function install(instances: Instance[], load: (instance: Instance) => Promise<DataSourceApi>): void {
  const loaded = new Map<string, Promise<DataSourceApi>>();
  const get = (reference: any) => {
    const wanted = typeof reference === 'string' ? reference : reference?.uid;
    const instance = instances.find(({ uid, name }) => uid === wanted || name === wanted);
    if (!instance) {
      // No Error, as in Grafana.
      return Promise.reject({ message: `Datasource ${wanted} was not found` });
    }
    const known = loaded.get(instance.uid) ?? load(instance);
    loaded.set(instance.uid, known);
    return known;
  };
  runtime.setBackendSrv(backend as any);
  runtime.setAppEvents(events as any);
  runtime.setDataSourceSrv({
    get,
    getList: ({ pluginId }: any = {}) => instances.filter(({ type }) => pluginId === undefined || type === pluginId),
    getInstanceSettings: (uid: string) => instances.find((instance) => instance.uid === uid),
    reload: () => loaded.clear(),
  } as any);
  runtime.setTemplateSrv({
    getVariables: () => [{ name: 'cluster', type: 'datasource' }],
    replace: (text = '') => replaceVariables(text),
    containsTemplate: (text = '') => text.includes('$'),
    updateTimeRange: () => undefined,
  } as any);
  editors();
}

/** The dashboard's variables: `$cluster` is what the page was asked for. */
export function replaceVariables(text: string): string {
  return text.replace(/\$\{?cluster\}?/g, new URLSearchParams(location.search).get('cluster') ?? 'emqx');
}

/** The editors of the options pane and of field options, by id: the panel only asks whether they exist. */
function editors(): void {
  const item = (id: string) => ({ id, name: id, description: '', editor: () => null }) as any;
  const EDITORS = [
    'number',
    'text',
    'boolean',
    'radio',
    'select',
    'color',
    'multi-select',
    'strings',
    'slider',
    'unit',
    'fieldColor',
  ];
  standardEditorsRegistry.setInit(() => EDITORS.map(item));
  const process = (value: unknown) => value;
  standardFieldConfigEditorRegistry.setInit(() =>
    Object.values(FieldConfigProperty).map((id) => ({
      ...item(id),
      path: id,
      override: () => null,
      process,
      shouldApply: () => true,
      isCustom: false,
      settings: {},
    }))
  );
}
