import { bounds } from "./bounds.js";
import { ClusterView } from "./cluster/cluster-view.js";
import { byId, say } from "./elements.js";
import { EXAMPLES } from "./examples.js";
import { JsonDialog } from "./json-dialog.js";
import { fromHash } from "./link.js";
import { NodeList } from "./node-list.js";
import { phaseKey } from "./phases.js";
import { Question } from "./question.js";
import { share } from "./share.js";
import { skip } from "./skip.js";
import { StrategyForm } from "./strategy-form.js";
import { theme } from "./theme.js";
import { Views } from "./views.js";
import { WhatIf } from "./what-if.js";

/** @param {unknown} why */
function fail(why) {
  const failure = byId("failure");
  say(failure, `The planner did not load: ${why}. Serve this folder over HTTP, with emqx-rebalance/ in it.`);
  failure.hidden = false;
}

const example = Object.values(EXAMPLES)[0] ?? { nodes: [], options: {} };
const question = new Question(fromHash(location.hash) ?? example);
theme();
skip();
share(question);
byId("plans").before(phaseKey());
new JsonDialog(question);
const form = new StrategyForm(question);
const whatIf = new WhatIf(question, new NodeList(question), form, fail);
new ClusterView(question, form, new Views());
document.body.classList.remove("loading");
bounds().then((known) => {
  form.learn(known);
  // From now on names can be shortened.
  whatIf.show();
}, fail);
