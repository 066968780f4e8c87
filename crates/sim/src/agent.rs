//! A node's eviction agent: whoever holds it may send the node's clients away.

use crate::personality::Personality;
use crate::population::Counts;

/// Who may hold an agent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Holder {
    /// The rebalance that this node coordinates.
    Rebalance { coordinator: usize },
    /// The node's own evacuation.
    Evacuation,
}

/// Held by at most one rebalance or evacuation at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agent {
    held: Option<Holder>,
    initial: Counts,
}

impl Agent {
    /// Hands the agent to `holder`, which found `counts` on the node.
    ///
    /// # Errors
    /// EMQX's word for why it cannot be had.
    pub(crate) fn enable(
        &mut self,
        holder: Holder,
        counts: Counts,
        rules: &Personality,
    ) -> Result<(), &'static str> {
        match (self.held, holder) {
            (None, _) => {
                self.held = Some(holder);
                self.initial = counts;
                Ok(())
            }
            (Some(Holder::Rebalance { .. }), Holder::Rebalance { .. }) => {
                Err(rules.second_coordinator)
            }
            (Some(_), _) => Err("eviction_agent_busy"),
        }
    }

    /// Takes the agent from `holder`, if it is the one.
    pub(crate) fn release(&mut self, holder: Holder) {
        if self.held == Some(holder) {
            self.held = None;
        }
    }

    pub(crate) fn holder(&self) -> Option<Holder> {
        self.held
    }

    /// What was on the node when the agent was enabled.
    pub(crate) fn initial(&self) -> Counts {
        self.initial
    }
}
