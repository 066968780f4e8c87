//! What text is written on: so many columns, and names of nodes that fit them.

use emqx_rebalance_core::{NodeName, short_names};
use std::collections::{BTreeMap, BTreeSet};

/// So many columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paper {
    columns: u16,
}

impl Default for Paper {
    /// As wide as terminals are at least, for texts that go elsewhere.
    fn default() -> Self {
        Self { columns: 80 }
    }
}

impl Paper {
    /// Paper for a terminal of so many columns. Lines that are too long cannot be read, and tables
    /// that are too narrow neither.
    pub(crate) fn new(columns: u16) -> Self {
        Self { columns: columns.clamp(MIN_COLUMNS, MAX_COLUMNS) }
    }

    /// How many columns it has.
    pub(crate) fn columns(self) -> u16 {
        self.columns
    }

    /// What `taken` columns leave of it.
    pub(crate) fn without(self, taken: u16) -> usize {
        self.columns.saturating_sub(taken).into()
    }
}

/// The names of a cluster's nodes as they fit a table.
pub(crate) struct Names {
    short: BTreeMap<NodeName, String>,
}

impl Names {
    /// The names of `nodes` for a table on `paper`.
    pub(crate) fn new<'a>(nodes: impl IntoIterator<Item = &'a NodeName>, paper: Paper) -> Self {
        Self::within(nodes, paper.without(OTHER_COLUMNS))
    }

    /// The names of `nodes` in so many columns.
    pub(crate) fn within<'a>(
        nodes: impl IntoIterator<Item = &'a NodeName>,
        columns: usize,
    ) -> Self {
        let nodes: BTreeSet<&NodeName> = nodes.into_iter().collect();
        let short = short_names(nodes.iter().copied(), columns);
        Self { short: nodes.into_iter().cloned().zip(short).collect() }
    }

    /// The name of `node`.
    pub(crate) fn of(&self, node: &NodeName) -> String {
        self.short.get(node).map_or_else(|| node.to_string(), Clone::clone)
    }

    /// The first few of many names, in a row.
    pub(crate) fn some(&self, nodes: &[NodeName]) -> String {
        let shown: Vec<String> = nodes.iter().take(MAX_NAMES).map(|node| self.of(node)).collect();
        match nodes.len().saturating_sub(MAX_NAMES) {
            0 => shown.join(", "),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    }

    /// The columns that the longest takes.
    pub(crate) fn width(&self) -> usize {
        self.short.values().map(|name| name.chars().count()).max().unwrap_or(0)
    }

    /// What a name stands for, as a line below a table, if it is not whole: commands take whole ones.
    pub(crate) fn note(&self) -> String {
        let cut = self.short.iter().find(|(node, short)| node.as_str() != **short);
        cut.map_or_else(String::new, |(node, short)| format!(" {short} is {node}\n"))
    }
}

const MIN_COLUMNS: u16 = 60;
const MAX_COLUMNS: u16 = 160;
/// What tables have beside their names.
const OTHER_COLUMNS: u16 = 50;
const MAX_NAMES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_only_where_they_must_be() {
        let pod = |n: u8| {
            NodeName::new(format!("emqx@emqx-core-{n}.emqx-headless.default.svc.cluster.local"))
        };
        let pods = [pod(0).unwrap(), pod(1).unwrap()];
        let narrow = Names::new(&pods, Paper::default());
        assert_eq!(narrow.some(&pods), "emqx-core-0, emqx-core-1");
        assert_eq!(narrow.note(), format!(" emqx-core-0 is {}\n", pods[0]));
        let wide = Names::new(&pods, Paper::new(400));
        assert_eq!(wide.of(&pods[1]), pods[1].as_str());
        assert_eq!(wide.note(), "");
    }
}
