//! Erlang terms as EMQX prints them into its messages.

use emqx_rebalance_core::NodeName;

/// An atom: in quotes unless it is a plain lower-case word.
pub(crate) fn atom(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'@');
    if plain { name.to_owned() } else { quoted(name) }
}

/// Text in single quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A binary.
pub(crate) fn binary(text: &str) -> String {
    format!("<<\"{}\">>", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether a name that is no node's exists as an atom in any Erlang VM. EMQX calls such a node
/// unavailable, and a name it never heard invalid.
pub(crate) fn is_known_atom(name: &str) -> bool {
    ["undefined", "true", "false", "ok", "error", "node", "nonode@nohost", "emqx"].contains(&name)
}

/// What EMQX makes of a coordinator that died because `nodes` would not be its donors; `word` is
/// its own name for that.
///
/// Newlines are the two characters `\n`: the text stands in a printed binary.
pub(crate) fn bad_nodes(node: &str, word: &str, nodes: &[(NodeName, &'static str)]) -> String {
    let start = format!("RPC error on node {}: ", atom(node));
    let margin = |extra: usize| format!("\\n{}", " ".repeat(start.len() + extra));
    let failed: Vec<String> = nodes
        .iter()
        .map(|(name, word)| {
            let why = match *word {
                "noproc" => {
                    "{'EXIT',{noproc,{gen_server,call,[emqx_node_rebalance_agent]}}}".into()
                }
                word => format!("{{error,{word}}}"),
            };
            format!("{{{},{}{why}}}", atom(name.as_str()), margin(6))
        })
        .collect();
    format!(
        "{start}{{'EXIT',{}{{{{{{{word},{}[{}]}},{}\
         [{{emqx_node_rebalance,multicall,3,[{{file,\\\"emqx_node_rebalance.erl\\\"}},\
         {{line,390}}]}}]}},{}{{gen_statem,call,[emqx_node_rebalance,start]}}}}}}",
        margin(1),
        margin(4),
        failed.join(&format!(",{}", margin(5))),
        margin(3),
        margin(2),
    )
}

/// What a coordinator died of whose nodes did not answer it.
pub(crate) fn nodes_down(word: &str, nodes: &[NodeName]) -> String {
    let names: Vec<String> = nodes.iter().map(|name| atom(name.as_str())).collect();
    format!(
        "{{'EXIT',{{{{{{{word},[{}]}},[{{emqx_node_rebalance,multicall,3,         [{{file,\\\"emqx_node_rebalance.erl\\\"}},{{line,390}}]}}]}},         {{gen_statem,call,[emqx_node_rebalance,stop]}}}}}}",
        names.join(",")
    )
}

/// What a donor says that was waiting for its coordinator when that died. Source: contract/6.0.3,
/// 06_hang_recipient.
pub(crate) fn died_while_asked(nodes: &[NodeName]) -> String {
    let names: Vec<String> = nodes.iter().map(|name| atom(name.as_str())).collect();
    format!(
        "exit, {{{{{{bad_nodes,[{}]}},[{{emqx_node_rebalance,wrap_multicall,2,\
         [{{file,\"emqx_node_rebalance.erl\"}},{{line,434}}]}}]}},\
         {{gen_statem,call,[<13849.1568.0>,status,infinity]}}}}",
        names.join(",")
    )
}

/// What EMQX makes of a coordinator whose application does not run.
pub(crate) fn no_process(node: &str) -> String {
    format!(
        "RPC error on node {}: {{'EXIT',{{noproc,{{gen_statem,call,[emqx_node_rebalance,start]}}}}}}",
        atom(node)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoms_are_quoted_where_erlang_does() {
        assert_eq!(atom("emqx1@127.0.0.1"), "'emqx1@127.0.0.1'");
        assert_eq!(atom("undefined"), "undefined");
        assert_eq!(atom("emqx@host"), "emqx@host");
        assert_eq!(atom("Emqx"), "'Emqx'");
    }
}
