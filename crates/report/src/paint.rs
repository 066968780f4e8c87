//! Which node has which colour.

use emqx_rebalance_core::{NodeName, Plan, short_names};
use std::collections::BTreeMap;

/// What a node does in a plan.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Part {
    /// It loses clients.
    Donor,
    /// It gains clients.
    Recipient,
    /// Neither.
    Bystander,
}

impl Part {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Donor => "donor",
            Self::Recipient => "recipient",
            Self::Bystander => "not in the plan",
        }
    }
}

/// A colour for every node of a plan: warm for donors, blue for recipients, grey for the others.
/// Orange and blue are told apart with every common colour blindness; the shades within a part
/// differ in lightness, and every line has its label too.
#[derive(Debug)]
pub(crate) struct Palette(BTreeMap<NodeName, Look>);

/// How a node looks.
#[derive(Debug)]
struct Look {
    part: Part,
    class: String,
    /// Its name where there is little room.
    name: String,
}

impl Palette {
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut seen: BTreeMap<Part, usize> = BTreeMap::new();
        let mut colours = BTreeMap::new();
        let nodes = || plan.forecast.curve.nodes.iter().map(|curve| &curve.node);
        for (node, name) in nodes().zip(short_names(nodes(), NAME_LENGTH)) {
            let part = part(plan, node);
            let place = seen.entry(part).or_default();
            let letter = match part {
                Part::Donor => 'd',
                Part::Recipient => 'r',
                Part::Bystander => 'b',
            };
            let class = format!("{letter}{}", *place % SHADES);
            colours.insert(node.clone(), Look { part, class, name });
            *place += 1;
        }
        Self(colours)
    }

    /// The class that colours a node.
    pub(crate) fn class(&self, node: &NodeName) -> &str {
        self.0.get(node).map_or("b0", |look| &look.class)
    }

    /// The name of a node where there is little room.
    pub(crate) fn name<'a>(&'a self, node: &'a NodeName) -> &'a str {
        self.0.get(node).map_or(node.as_str(), |look| &look.name)
    }

    pub(crate) fn part(&self, node: &NodeName) -> Part {
        self.0.get(node).map_or(Part::Bystander, |look| look.part)
    }
}

fn part(plan: &Plan, node: &NodeName) -> Part {
    if plan.donors.contains(node) {
        Part::Donor
    } else if plan.recipients.contains(node) {
        Part::Recipient
    } else {
        Part::Bystander
    }
}

/// The most letters of a name beside a picture.
const NAME_LENGTH: usize = 22;
/// Shades of each colour in `page.css`.
const SHADES: usize = 5;
