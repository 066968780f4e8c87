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

/// The nodes that a `{bad_nodes,[{'a@b',{error,…}},…]}` blames, in the order of the text.
pub(crate) fn blamed(text: &str) -> Vec<String> {
    let start = ["bad_nodes", "bad_results"].iter().filter_map(|word| text.find(word)).min();
    let Some(term) = start.and_then(|at| text.get(at..)) else { return Vec::new() };
    let end = term.find("]}").unwrap_or(term.len());
    let mut names: Vec<String> = Vec::new();
    for quoted in term.get(..end).unwrap_or(term).split('\'').skip(1).step_by(2) {
        let name = super::one_line(quoted, MAX_NAME);
        if name.contains('@') && !names.contains(&name) && names.len() < MAX_NAMES {
            names.push(name);
        }
    }
    names
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
        assert!(blamed("RPC error on node 'c@x'").is_empty());
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
