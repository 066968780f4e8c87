/** @import { NodeLoadInput } from "../emqx-rebalance/esm/planner-web.js" */
/** @import { Asked } from "./question.js" */

/**
 * The question as the part of an address after `#`, such as
 * `nodes=emqx@a:3333,emqx@b:0;weight=2&wait_takeover=10s`.
 *
 * @param {Asked} asked
 */
export function toHash({ nodes, options }) {
  const parts = [`nodes=${nodes.map(nodeText).join(",")}`];
  for (const [name, wish] of Object.entries(options)) parts.push(`${encode(LINKED.get(name) ?? name)}=${[wish].flat().map(encode).join(",")}`);
  return `#${parts.join("&")}`;
}

/**
 * The question of such an address; nothing if it has none. What an option's text means is for the
 * planner to say.
 *
 * @param {string} hash
 * @returns {Asked | undefined}
 */
export function fromHash(hash) {
  const found = new Map(hash.replace(/^#/, "").split("&").map(pair));
  const nodes = found.get("nodes");
  if (nodes === undefined) return undefined;
  found.delete("nodes");
  const options = Object.fromEntries([...found].map(([name, text]) => optionOf(UNLINKED.get(name) ?? name, text)));
  return { nodes: nodes.split(",").map(nodeOf), options };
}

/** Name and text of a part, in which more `=` may follow. @param {string} part @returns {[string, string]} */
function pair(part) {
  const [name = "", ...text] = part.split("=");
  return [decode(name), text.join("=")];
}

/** @param {string} name @param {string} text */
function optionOf(name, text) {
  return [name, LISTS.has(name) ? text.split(",").filter(Boolean).map(decode) : decode(text)];
}

/** @param {NodeLoadInput} node */
function nodeText({ node, connections, ...rest }) {
  const more = Object.entries(rest).filter(([, value]) => value !== undefined);
  const texts = more.map(([name, value]) => `;${encode(name)}=${encode(String(value))}`);
  return `${encode(node)}:${connections ?? 0}${texts.join("")}`;
}

/**
 * @param {string} text
 * @returns {NodeLoadInput}
 */
function nodeOf(text) {
  const [head = "", ...more] = text.split(";");
  const [name = "", connections = "0"] = head.split(":");
  const rest = more.map((part) => part.split("=").map(decode));
  const valued = rest.map(([key = "", value = ""]) => [key, NUMBERS.has(key) ? Number(value) : value]);
  return { node: decode(name), connections: Number(connections), ...Object.fromEntries(valued) };
}

/** What a link need not escape stays readable. @param {string} text */
function encode(text) {
  return encodeURIComponent(text).replaceAll("%40", "@");
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The names in a link of options that are called otherwise: `nodes` are the loads there. */
const LINKED = new Map([["nodes", "only"]]);
const UNLINKED = new Map([...LINKED].map(([name, linked]) => [linked, name]));
/** Options that are lists of texts. */
const LISTS = new Set(["nodes", "exclude"]);
const NUMBERS = new Set(["sessions", "disconnected_sessions", "max_fds", "weight"]);
