// Names beside the bars, and whose a series is, for names that no embedded cluster has.
import assert from 'node:assert/strict';
import { build } from 'esbuild';
import path from 'node:path';
import { test } from 'node:test';

const { shortNames } = await load('names');
const { matchNode } = await load('match');
const { columnsOf } = await load('layout');
const { rateOf } = await load('../datasource/rate');
const { sentence, told } = await load('../told');

async function load(module) {
  const source = path.join(import.meta.dirname, `../src/panel/${module}.ts`);
  const { outputFiles } = await build({ entryPoints: [source], bundle: true, format: 'esm', write: false });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

const pod = (n) => `emqx@emqx-core-${n}.emqx-headless.default.svc.cluster.local`;

test('names keep the part that differs', () => {
  const shown = (nodes) => Object.values(shortNames(nodes));
  assert.deepEqual(shown([pod('778db64d58-0'), pod('778db64d58-1')]), [
    'emqx-core-778db64d58-0',
    'emqx-core-778db64d58-1',
  ]);
  assert.deepEqual(shown(['emqx1@127.0.0.1', 'emqx2@127.0.0.1']), ['emqx1', 'emqx2']);
  assert.deepEqual(shown(['emqx@10.0.0.1', 'emqx@10.1.0.1']), ['10.0.0.1', '10.1.0.1']);
  assert.deepEqual(shown(['emqx@a.b.local', 'emqx@c.d.local']), ['a.b', 'c.d']);
  assert.deepEqual(shown(['a@h1', 'b@h2']), ['a@h1', 'b@h2']);
});

test('a series is of the node that its labels tell', () => {
  const pods = [pod(0), pod(1)];
  const hosts = ['emqx@10.0.0.1', 'emqx@10.0.0.2'];
  const dashed = ['emqx@10-0-0-1.emqx.pod.cluster.local', 'emqx@10-0-0-2.emqx.pod.cluster.local'];
  const address = { instance: '10.0.0.1:18083' };
  assert.equal(matchNode({ node: pod(1), ...address }, pods), pod(1));
  assert.equal(matchNode({ pod: 'emqx-core-1', ...address }, pods), pod(1));
  assert.equal(matchNode({ kubernetes_pod_name: 'emqx-core-0', ...address }, pods), pod(0));
  assert.equal(matchNode(address, hosts), hosts[0]);
  assert.equal(matchNode(address, dashed), dashed[0]);
  assert.equal(matchNode({ pod: 'emqx-0', ...address }, hosts), hosts[0], 'a pod that no node is called after');
  assert.equal(matchNode(address, pods), undefined);
  assert.equal(matchNode(address, pods, { names: [`10.0.0.1:18083=${pod(1)}`] }), pod(1));
  assert.equal(matchNode(address, pods, { names: [`10.0.0.1 = emqx-core-1`] }), pod(1));
  assert.equal(matchNode({ host: 'emqx-core-0', ...address }, pods, { label: 'host' }), pod(0));
  assert.equal(matchNode({ instance: '127.0.0.1:1' }, ['a@127.0.0.1', 'b@127.0.0.1']), undefined, 'several fit');
});

test('bars take as many columns as it takes, and no more', () => {
  assert.equal(columnsOf(4, 370, 380).columns, 1);
  assert.deepEqual(columnsOf(24, 370, 380), { columns: 2, rowHeight: 20, hasRemarks: false });
  assert.deepEqual(columnsOf(60, 560, 380), { columns: 3, rowHeight: 15, hasRemarks: false });
  assert.equal(columnsOf(200, 300, 100).columns, 2);
  assert.equal(columnsOf(1, 10, 10).columns, 1);
});

test('messages are sentences', () => {
  assert.equal(sentence('the answer has status 502'), 'The answer has status 502.');
  assert.equal(sentence('conn_evict_rate is 0: at least 1'), 'conn_evict_rate is 0: at least 1.');
  assert.equal(sentence('EMQX does not answer.'), 'EMQX does not answer.');
  const error = Object.assign(new Error('the node is down, node: `a@h`; status: `502`'), {
    context: { node: 'a@h', status: '502' },
  });
  assert.deepEqual(told(error), { sentence: 'The node is down.', details: 'node: `a@h`; status: `502`' });
  assert.deepEqual(told(new Error('no')), { sentence: 'No.', details: '' });
});

test('an evict rate is a whole number, or nothing', () => {
  assert.deepEqual(['500', ' 80 ', '', undefined].map(rateOf), [500, 80, undefined, undefined]);
  for (const text of ['abc', '0', '-1', '1.5', '$rate']) {
    assert.throws(() => rateOf(text), {
      message: new RegExp(`conn_evict_rate.*${text.replace('$', '.')}.*at least 1`),
    });
  }
});
