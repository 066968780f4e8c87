//! Which node has which colour.

use emqx_rebalance_core::{NodeName, Plan};
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
pub(crate) struct Palette(BTreeMap<NodeName, (Part, String)>);

impl Palette {
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut seen: BTreeMap<Part, usize> = BTreeMap::new();
        let mut colours = BTreeMap::new();
        for curve in &plan.forecast.curve.nodes {
            let part = part(plan, &curve.node);
            let place = seen.entry(part).or_default();
            let letter = match part {
                Part::Donor => 'd',
                Part::Recipient => 'r',
                Part::Bystander => 'b',
            };
            colours.insert(curve.node.clone(), (part, format!("{letter}{}", *place % SHADES)));
            *place += 1;
        }
        Self(colours)
    }

    /// The class that colours a node.
    pub(crate) fn class(&self, node: &NodeName) -> &str {
        self.0.get(node).map_or("b0", |(_, class)| class)
    }

    pub(crate) fn part(&self, node: &NodeName) -> Part {
        self.0.get(node).map_or(Part::Bystander, |(part, _)| *part)
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

/// Shades of each colour in `page.css`.
const SHADES: usize = 5;
