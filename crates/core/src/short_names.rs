//! Names of nodes in little room: what all of them share is left out, what differs never is.

use crate::node::NodeName;
use std::collections::BTreeSet;

/// The names of `nodes`, in their order, as they fit `width` characters.
///
/// All stay as they are if all fit. Else the Erlang name and the domain go if all nodes share them,
/// and then as much of what they share as there is no room for: of `emqx@emqx-core-0.emqx.svc` and
/// `emqx@emqx-core-1.emqx.svc` remain `emqx-core-0` and `emqx-core-1`, or `emqx…-0` and `emqx…-1`.
/// Two nodes never look the same: if they differ too far apart for `width`, names are longer.
///
/// ```
/// use emqx_rebalance_core::{NodeName, short_names};
///
/// let nodes = ["emqx@emqx-core-0.emqx.svc", "emqx@emqx-core-1.emqx.svc"];
/// let nodes = nodes.map(|name| NodeName::new(name).unwrap());
/// assert!(short_names(&nodes, 12).iter().all(|name| name.chars().count() <= 12));
/// ```
pub fn short_names<'a>(nodes: impl IntoIterator<Item = &'a NodeName>, width: usize) -> Vec<String> {
    let names: Vec<&str> = nodes.into_iter().map(NodeName::as_str).collect();
    let whole = || names.iter().map(|name| (*name).to_owned()).collect();
    if fit(&names, width) || is_ambiguous(&names) {
        return whole();
    }
    let bare = without_shared(&names);
    if fit(&bare, width) {
        return bare.into_iter().map(str::to_owned).collect();
    }
    let start = shared_start(&bare);
    let squeezed: Vec<String> = bare.iter().map(|name| squeezed(name, start, width)).collect();
    if is_ambiguous(&squeezed) { bare.into_iter().map(str::to_owned).collect() } else { squeezed }
}

fn fit(names: &[&str], width: usize) -> bool {
    names.iter().all(|name| name.chars().count() <= width)
}

/// Whether two of the names are the same.
fn is_ambiguous<S: AsRef<str>>(names: &[S]) -> bool {
    let mut seen = BTreeSet::new();
    !names.iter().all(|name| seen.insert(name.as_ref()))
}

/// The names without an Erlang name or a host that all of them have, and without the host's domain.
fn without_shared<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let Some((first_name, first_host)) = names.first().and_then(|name| name.split_once('@')) else {
        return names.to_vec();
    };
    let host = format!("@{first_host}");
    if names.len() > 1 && all_end(names, &host) {
        return names.iter().filter_map(|name| name.strip_suffix(&host)).collect();
    }
    let erlang = format!("{first_name}@");
    let is_shared = names.iter().all(|name| name.starts_with(&erlang));
    let hosts: Vec<&str> =
        names.iter().map(|name| if is_shared { &name[erlang.len()..] } else { name }).collect();
    let domain = domain(&hosts);
    hosts.into_iter().map(|host| host.strip_suffix(domain).unwrap_or(host)).collect()
}

/// The longest domain that all hosts end with, from its dot on. Addresses have none.
fn domain<'a>(hosts: &[&'a str]) -> &'a str {
    let Some(first) = hosts.first() else { return "" };
    if first.ends_with(|c: char| c.is_ascii_digit() || c == ']') {
        return "";
    }
    let domains = first.match_indices('.').map(|(at, _)| &first[at..]);
    domains.into_iter().find(|domain| all_end(hosts, domain)).unwrap_or("")
}

/// Whether all names end with `end`, and none is nothing else.
fn all_end(names: &[&str], end: &str) -> bool {
    names.iter().all(|name| name.len() > end.len() && name.ends_with(end))
}

/// How many characters all names begin with, up to where words begin that tell them apart.
fn shared_start(names: &[&str]) -> usize {
    let Some(first) = names.first() else { return 0 };
    let shared_with =
        |name: &&str| first.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
    let shared = names.iter().skip(1).map(shared_with).min().unwrap_or(0);
    let start: Vec<char> = first.chars().take(shared).collect();
    start.iter().rposition(char::is_ascii_punctuation).unwrap_or(0)
}

/// `name` in `width` characters: the middle of its shared `start` goes first, else its own middle.
fn squeezed(name: &str, start: usize, width: usize) -> String {
    let length = name.chars().count();
    if length <= width {
        return name.to_owned();
    }
    let end = (length - start).clamp(width / 2, width.saturating_sub(2).max(width / 2));
    let head: String = name.chars().take(width.saturating_sub(end + 1)).collect();
    let tail: String = name.chars().skip(length.saturating_sub(end)).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn short(names: &[&str], width: usize) -> Vec<String> {
        let nodes: Vec<_> = names.iter().map(|name| NodeName::new(*name).unwrap()).collect();
        short_names(&nodes, width)
    }

    #[test]
    fn names_that_fit_stay() {
        let names = ["emqx1@127.0.0.1", "emqx2@127.0.0.1"];
        assert_eq!(short(&names, 30), names);
        assert!(short(&[], 30).is_empty());
    }

    #[test]
    fn the_part_that_differs_is_never_cut() {
        let pod = |n: u8| {
            format!("emqx@emqx-core-778db64d58-{n}.emqx-headless.default.svc.cluster.local")
        };
        let pods = [pod(0), pod(1), pod(2)];
        let pods = pods.each_ref().map(String::as_str);
        assert_eq!(short(&pods, 30)[2], "emqx-core-778db64d58-2");
        assert_eq!(short(&pods, 14), ["emqx-c…64d58-0", "emqx-c…64d58-1", "emqx-c…64d58-2"]);
        assert_eq!(short(&pods[..1], 30), ["emqx-core-778db64d58-0"]);
    }

    #[test]
    fn hosts_and_addresses_stay_whole() {
        assert_eq!(short(&["a@10.0.0.1", "b@10.0.0.1"], 6), ["a", "b"]);
        assert_eq!(short(&["emqx@10.0.0.1", "emqx@10.1.0.1"], 12), ["10.0.0.1", "10.1.0.1"]);
        let roles = ["emqx@core-0.core.mqtt.svc.local", "emqx@replicant-0.repl.mqtt.svc.local"];
        assert_eq!(short(&roles, 20), ["core-0.core", "replicant-0.repl"]);
    }

    #[test]
    fn two_nodes_never_look_the_same_for_want_of_room() {
        let names = ["a-long-middle-that-is-shared@h1", "b-long-middle-that-is-shared@h1"];
        assert_eq!(short(&names, 8), ["a…shared", "b…shared"]);
        let names = ["long-name-a-and-more-of-it@h", "long-name-b-and-more-of-it@h"];
        assert_eq!(short(&names, 8), ["long-name-a-and-more-of-it", "long-name-b-and-more-of-it"]);
    }

    #[test]
    fn a_name_of_several_parts_keeps_those_before_the_shared_one() {
        assert_eq!(short(&["-@", "@00@-@", "@@"], 0), ["-", "@00@-", "@"]);
    }

    proptest! {
        #[test]
        fn no_two_nodes_look_the_same(
            names in proptest::collection::btree_set("[a-c@.0-2-]{1,24}", 1..8), width in 0_usize..30,
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let short = short(&names, width);
            prop_assert!(!is_ambiguous(&short), "{short:?}");
            prop_assert!(short.iter().zip(&names).all(|(short, name)| short.len() <= name.len() + 3));
        }
    }
}
