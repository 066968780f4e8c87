// Loads a plugin's module.js the way Grafana does: SystemJS with its AMD extra, shared packages in an import map
// (grafana public/app/features/plugins/loader).
import 'systemjs/dist/system.js';
import 'systemjs/dist/extras/amd.js';
import 'systemjs/dist/extras/named-register.js';
import * as emotion from '@emotion/css';
import * as data from '@grafana/data';
import * as runtime from '@grafana/runtime';
import * as ui from '@grafana/ui';
import * as react from 'react';
import * as jsx from 'react/jsx-runtime';
import * as reactDom from 'react-dom';
import * as rxjs from 'rxjs';

declare const System: {
  set: (id: string, module: unknown) => void;
  addImportMap: (map: { imports: Record<string, string> }) => void;
  import: (url: string) => Promise<any>;
};

const shared: Record<string, object> = {
  '@emotion/css': emotion,
  '@grafana/data': data,
  '@grafana/runtime': runtime,
  '@grafana/ui': ui,
  react,
  'react/jsx-runtime': jsx,
  'react-dom': reactDom,
  rxjs,
};

for (const [name, module] of Object.entries(shared)) {
  System.set(`package:${name}`, { __esModule: true, ...module });
}
System.addImportMap({ imports: Object.fromEntries(Object.keys(shared).map((name) => [name, `package:${name}`])) });

/** What `module.js` of a plugin exports as `plugin`. */
export async function loadPlugin(folder: string): Promise<any> {
  const { plugin } = await System.import(`${location.origin}/public/plugins/${folder}/module.js`);
  return plugin;
}
