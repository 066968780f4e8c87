//! Names in the Erlang terms that EMQX puts into its error texts.

/// The names in the first list of `text`: `['a@b',undefined,<<"c@d">>]` gives `a@b`, `undefined`
/// and `c@d`. At most 100; a list that is cut off gives what there is.
pub(crate) fn names(text: &str) -> Vec<String> {
    let Some((_, list)) = text.split_once('[') else { return Vec::new() };
    let mut names = Vec::new();
    let mut rest = list;
    while names.len() < MAX_NAMES {
        let Some((name, after)) = next_name(rest) else { break };
        names.push(name);
        match after.trim_start().strip_prefix(',') {
            Some(more) => rest = more,
            None => break,
        }
    }
    names
}

/// The nodes that a `{bad_nodes,[{'a@b',{error,…}},…]}` or `{bad_results,…}` blames, in the order of
/// the text; if there is no such term, the node whose RPC failed: `RPC error on node 'a@b'`.
pub(crate) fn blamed(text: &str) -> Vec<String> {
    let terms = ["bad_nodes", "bad_results"].iter().filter_map(|word| text.find(word));
    let term = terms.min().and_then(|at| text.get(at..)).and_then(|term| term.split_once('['));
    let Some((_, list)) = term else { return caller(text) };
    let listed = unique(heads(list));
    if !listed.is_empty() {
        return listed;
    }
    let end = list.find("]}").unwrap_or(list.len());
    unique(list.get(..end).unwrap_or(list).split('\'').skip(1).step_by(2))
}

/// The node of `RPC error on node 'a@b': …` and of `Error communicating with node 'a@b': …`.
fn caller(text: &str) -> Vec<String> {
    let marks = ["RPC error on node '", "Error communicating with node '"];
    let after = marks.iter().find_map(|mark| text.split_once(mark));
    unique(after.and_then(|(_, name)| name.split('\'').next()))
}

/// The elements of a list that are names, and the names with which its tuples begin. What stands
/// deeper in it is about the error: a call, a stack.
fn heads(list: &str) -> Vec<&str> {
    let mut heads = Vec::new();
    let mut depth = 0_usize;
    let mut is_head = true;
    let mut parts = list.split('\'');
    while let Some(plain) = parts.next() {
        for c in plain.chars() {
            match c {
                '[' | '{' | '(' | '<' => depth += 1,
                ']' if depth == 0 => return heads,
                ']' | '}' | ')' | '>' => depth = depth.saturating_sub(1),
                _ => {}
            }
            is_head = match c {
                '{' => depth == 1,
                ',' => depth == 0,
                c => is_head && (c.is_whitespace() || c == '\\' || c == 'n'),
            };
        }
        let Some(quoted) = parts.next() else { return heads };
        if is_head {
            heads.push(quoted);
        }
        is_head = false;
    }
    heads
}

/// Those of `names` that are nodes', each once.
fn unique<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for name in names {
        let name = super::one_line(name, MAX_NAME);
        if name.contains('@') && !unique.contains(&name) && unique.len() < MAX_NAMES {
            unique.push(name);
        }
    }
    unique
}

/// The value of `key` in a `#{key => <<"value">>,…}`.
pub(crate) fn map_value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(&format!("{key} => "))?;
    let after = after.strip_prefix("<<").unwrap_or(after);
    match after.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').map(|(value, _)| value),
        None => after.split([',', '}']).next(),
    }
}

/// The first name of `text` and what follows it.
fn next_name(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    for (open, close) in [("<<\"", "\">>"), ("'", "'")] {
        if let Some(inner) = text.strip_prefix(open) {
            let (name, after) = inner.split_once(close)?;
            return Some((super::one_line(name, MAX_NAME), after));
        }
    }
    let end = text.find([',', ']'])?;
    let (name, after) = text.split_at_checked(end)?;
    (!name.is_empty()).then(|| (super::one_line(name, MAX_NAME), after))
}

const MAX_NAMES: usize = 100;
const MAX_NAME: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_as_atoms_and_as_binaries() {
        assert_eq!(names("Nodes unavailable: ['a@b','c@d']"), ["a@b", "c@d"]);
        assert_eq!(names("Nodes unavailable: [undefined]"), ["undefined"]);
        assert_eq!(names("Invalid nodes: [<<\"x@1\">>,<<\"y@2\">>]"), ["x@1", "y@2"]);
        assert_eq!(names("cut off: ['a@b','c@"), ["a@b"]);
        for none in ["", "[]", "no list", "['", "[,,"] {
            assert!(names(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn bad_nodes_blame_the_node_and_not_the_caller() {
        let text = "RPC error on node 'c@x': {'EXIT',{{{bad_nodes,\\n [{'a@x',\\n {error,already_enabled}}]},\\n [{m,f,['d@x']}";
        assert_eq!(blamed(text), ["a@x"]);
        assert_eq!(blamed("RPC error on node 'c@x': {error,timeout}"), ["c@x"]);
        assert!(blamed("RPC error").is_empty());
    }

    #[test]
    fn every_node_of_a_bad_result_is_blamed_and_none_of_its_calls() {
        let text = "RPC error on node 'c@x': {'EXIT',{{{bad_results,\\n [{'a@x',\\n {error,{exit,\
                    {noproc,{gen_statem,call,[{agent,'c@x'},status]}}}}},\\n {'b@x',timeout}]},[";
        assert_eq!(blamed(text), ["a@x", "b@x"]);
        assert_eq!(blamed("exit, {{{bad_nodes,['d@x','e@x']},[{m,f,['c@x']"), ["d@x", "e@x"]);
        assert_eq!(blamed("{bad_results,[{error,{'a@x',noproc}}]}"), ["a@x"]);
    }

    #[test]
    fn values_of_maps_are_found_whatever_their_order() {
        let text = "#{exception => #{kind => validation_error,message => \"too large\"},field => <<\"wait\">>}";
        assert_eq!(map_value(text, "field"), Some("wait"));
        assert_eq!(map_value(text, "message"), Some("too large"));
        assert_eq!(map_value(text, "kind"), Some("validation_error"));
        assert_eq!(map_value(text, "none"), None);
    }
}
