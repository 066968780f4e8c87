// The names beside the bars, which no embedded cluster has.
import assert from 'node:assert/strict';
import { build } from 'esbuild';
import path from 'node:path';
import { test } from 'node:test';

const source = path.join(import.meta.dirname, '../src/panel/names.ts');
const { outputFiles } = await build({ entryPoints: [source], bundle: true, format: 'esm', write: false });
const { shortNames } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

test('names keep the part that differs', () => {
  const shown = (nodes) => Object.values(shortNames(nodes));
  const pod = (n) => `emqx@emqx-core-778db64d58-${n}.emqx-headless.default.svc.cluster.local`;
  assert.deepEqual(shown([pod(0), pod(1)]), ['emqx-core-778db64d58-0', 'emqx-core-778db64d58-1']);
  assert.deepEqual(shown(['emqx1@127.0.0.1', 'emqx2@127.0.0.1']), ['emqx1', 'emqx2']);
  assert.deepEqual(shown(['emqx@10.0.0.1', 'emqx@10.1.0.1']), ['10.0.0.1', '10.1.0.1']);
  assert.deepEqual(shown(['emqx@a.b.local', 'emqx@c.d.local']), ['a.b', 'c.d']);
  assert.deepEqual(shown(['a@h1', 'b@h2']), ['a@h1', 'b@h2']);
});
