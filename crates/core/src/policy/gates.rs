//! What must hold before anything is started, each with its reason where it does not.

use super::decision::{Decision, Trigger};
use super::engine::Engine;
use super::figures::Figures;
use super::input::{Observation, Query};
use super::ledger::DAY_MS;
use super::options::{Mode, Policy};
use super::reason::Reason;
use super::windows::Opening;
use super::words::{percent, span, span_s};
use crate::error::Result as CoreResult;
use crate::node::NodeName;
use crate::plan::{Decision as PlanDecision, Plan, plan};
use crate::snapshot::{NodeStatus, Snapshot};
use crate::units::Timestamp;

/// What is asked of each gate: whether to go on, or why not.
pub(super) type Gate<T = ()> = Result<T, Box<Decision>>;

/// A moment at which something may be started.
pub(super) struct Moment<'a> {
    pub(super) policy: &'a Policy,
    pub(super) now: Timestamp,
    pub(super) seen: &'a Observation<'a>,
    pub(super) engine: &'a Engine,
}

/// A plan that passed every gate.
pub(super) struct Ready {
    pub(super) plan: Box<Plan>,
    pub(super) figures: Figures,
    pub(super) trigger: Trigger,
}

impl Moment<'_> {
    /// A plan to start, or to propose, now.
    pub(super) fn ready(&self, over: f64) -> Gate<Ready> {
        self.calm()?;
        let trigger = self.trigger(over)?;
        let decide = |decision: Box<Decision>| Box::new(decision.of(trigger));
        self.allowed().map_err(decide)?;
        // A proposal may be made at noon for the night.
        if self.policy.mode != Mode::Propose {
            self.open().map_err(decide)?;
        }
        if let Some(last) = self.engine.fresh_look(self.now) {
            return Err(Box::new(Decision { at: self.now, until: self.now, ..last.clone() }));
        }
        let (plan, figures) = self.planned().map_err(decide)?;
        self.worth(&figures).map_err(decide)?;
        self.affordable(&figures).map_err(decide)?;
        if self.policy.mode != Mode::Propose {
            self.in_time(&figures).map_err(decide)?;
        }
        Ok(Ready { plan, figures, trigger })
    }

    /// Whether a plan that was approved can start now.
    pub(super) fn ripe(&self, figures: &Figures) -> Gate {
        self.calm()?;
        self.allowed()?;
        self.open()?;
        self.affordable(figures)?;
        self.in_time(figures)
    }

    fn not(&self, reason: Reason, detail: impl Into<String>) -> Gate {
        Err(Box::new(Decision::new(self.now, reason, detail)))
    }

    /// Every node is up and serves, and has done so for a while, and nobody else is at work.
    fn calm(&self) -> Gate {
        if let Some(run) = self.seen.status.runs.first() {
            let detail =
                format!("somebody else's rebalance is on: {} coordinates it", run.coordinator);
            return self.not(Reason::ForeignRun, detail);
        }
        let gates = [
            (NodeStatus::Evacuating, Reason::Evacuating, "is being evacuated"),
            (NodeStatus::Stopped, Reason::NodeDown, "is down"),
            (NodeStatus::Unknown, Reason::NodeUnknown, "does not answer"),
        ];
        for (status, reason, word) in gates {
            let nodes = self.seen.status.nodes.iter().filter(|load| load.status == status);
            if let Some(names) = names(nodes.map(|load| &load.node)) {
                return self.not(reason, format!("{names} {word}"));
            }
        }
        let settle_ms = u64::from(self.policy.node_settle_s) * 1000;
        match self.engine.members.quiet_ms(self.now).filter(|quiet_ms| *quiet_ms < settle_ms) {
            Some(quiet_ms) => {
                let (quiet, settle) = (span(quiet_ms), span(settle_ms));
                self.not(
                    Reason::Settling,
                    format!("a node came or went, or a run ended, {quiet} ago: less than {settle}"),
                )
            }
            None => Ok(()),
        }
    }

    /// What calls for a rebalance.
    fn trigger(&self, over: f64) -> Gate<Trigger> {
        let policy = self.policy;
        let (is, least) = (percent(over), percent(policy.imbalance_over));
        let is_fresh = self.engine.members.fresh().next().is_some();
        if is_fresh && over >= policy.balanced_over {
            return Ok(Trigger::Node);
        }
        let needed_ms = u64::from(policy.imbalance_for_s) * 1000;
        let uneven_ms = self.engine.trend.uneven_ms(self.now);
        match uneven_ms {
            Some(ms) if over >= policy.imbalance_over && ms >= needed_ms => Ok(Trigger::Imbalance),
            Some(ms) if over >= policy.imbalance_over => {
                let (lasts, needed) = (span(ms), span(needed_ms));
                let detail = format!(
                    "the fullest node is {is} over the mean, at least {least}, for {lasts} of {needed}"
                );
                Err(Box::new(Decision::new(self.now, Reason::Waiting, detail)))
            }
            _ => {
                let detail = format!("the fullest node is {is} over the mean, less than {least}");
                Err(Box::new(Decision::new(self.now, Reason::Balanced, detail)))
            }
        }
    }

    /// Whether the query, the cool-down and the day allow one more.
    fn allowed(&self) -> Gate {
        match self.seen.query {
            Query::Silent => {}
            Query::Returned(what) => {
                return self.not(Reason::QueryReturned, format!("the query returned {what}"));
            }
            Query::Unknown(why) => {
                return self
                    .not(Reason::QueryUnknown, format!("the query could not be asked: {why}"));
            }
        }
        let cool_ms = u64::from(self.policy.cool_down_s) * 1000;
        let ended = self.engine.ledger.rests_since(self.observes());
        if let Some(ago_ms) =
            ended.map(|at| self.now.ms_since(at)).filter(|ago_ms| *ago_ms < cool_ms)
        {
            let (ago, cool) = (span(ago_ms), span(cool_ms));
            return self.not(
                Reason::CoolDown,
                format!("a run ended, or a plan was rejected, {ago} ago: less than {cool}"),
            );
        }
        let (starts, _) = self.spent();
        let most = u64::from(self.policy.max_rebalances_per_day);
        if starts >= most {
            let detail =
                format!("{starts} of {most} rebalances were started within {}", span(DAY_MS));
            return self.not(Reason::RebalancesSpent, detail);
        }
        Ok(())
    }

    fn open(&self) -> Gate {
        let zone = &self.policy.time_zone;
        let opens = match self.policy.windows.at(self.now, zone) {
            Opening::Always | Opening::Until(_) => return Ok(()),
            Opening::Closed(opens) => opens,
        };
        let opens = opens.map_or_else(
            || "none opens any more".to_owned(),
            |at| format!("the next one opens {}", zone.shown(at)),
        );
        self.not(Reason::OutsideWindow, format!("no window is open, {opens}"))
    }

    /// A plan that moves somebody, and that nothing forbids.
    fn planned(&self) -> Gate<(Box<Plan>, Figures)> {
        let not = |reason, detail: String| Box::new(Decision::new(self.now, reason, detail));
        let plan = self.plan().map_err(|error| not(Reason::NoPlan, error.to_string()))?;
        let figures = Figures::of(&plan, &self.seen.driver);
        if plan.decision == PlanDecision::NothingToBalance {
            let why = plan.reason.unwrap_or_else(|| "nothing to balance".to_owned());
            return Err(not(Reason::NothingToMove, why));
        }
        if let Some(finding) = plan.errors().next() {
            return Err(Box::new(not(Reason::Forbidden, finding.message.clone()).about(&figures)));
        }
        Ok((Box::new(plan), figures))
    }

    fn plan(&self) -> CoreResult<Plan> {
        let snapshot = Snapshot::new(self.seen.status.nodes.clone())?;
        let asked = &self.seen.asked;
        let mut plan = plan(&snapshot, &asked.strategy, &asked.options)?;
        plan.fingerprint.made_at_ms = Some(self.now.as_ms());
        Ok(plan)
    }

    /// Whether a plan gains enough, and enough for what it costs.
    fn worth(&self, figures: &Figures) -> Gate {
        let (before, after) = (percent(figures.over_before), percent(figures.over_after));
        let (gain, least) = (figures.gain(), self.policy.min_gain);
        if gain < least {
            let least = percent(least);
            let detail = format!(
                "the fullest node would be {after} over the mean instead of {before}, a gain of less than {least}"
            );
            return self
                .not(Reason::GainTooSmall, detail)
                .map_err(|decision| Box::new(decision.about(figures)));
        }
        let (ratio, least) = (figures.ratio(), self.policy.min_gain_ratio);
        if ratio < least {
            let dropped = figures.disconnects;
            let detail = format!(
                "{after} over the mean instead of {before} for {dropped} disconnects is {ratio:.2} times what it costs, less than {least}"
            );
            return self
                .not(Reason::GainTooDear, detail)
                .map_err(|decision| Box::new(decision.about(figures)));
        }
        Ok(())
    }

    /// Whether the day has clients enough left.
    fn affordable(&self, figures: &Figures) -> Gate {
        let Some(left) = self.left() else { return Ok(()) };
        let (needed, most) =
            (figures.disconnects, self.policy.max_disconnects_per_day.unwrap_or(u32::MAX));
        if needed <= left {
            return Ok(());
        }
        let detail =
            format!("the plan drops {needed} clients, and {left} of the day's {most} are left");
        self.not(Reason::DisconnectsSpent, detail)
            .map_err(|decision| Box::new(decision.about(figures)))
    }

    /// Whether the window stays open for long enough.
    fn in_time(&self, figures: &Figures) -> Gate {
        let Opening::Until(closes) = self.policy.windows.at(self.now, &self.policy.time_zone)
        else {
            return Ok(());
        };
        let left_ms = closes.ms_since(self.now);
        if figures.duration_s.saturating_mul(1000) <= left_ms {
            return Ok(());
        }
        let (needed, left) = (span_s(figures.duration_s), span(left_ms));
        let detail = format!("the plan takes {needed} and the window is open for {left}");
        self.not(Reason::WindowTooShort, detail)
            .map_err(|decision| Box::new(decision.about(figures)))
    }

    fn observes(&self) -> bool {
        self.policy.mode == Mode::Observe
    }

    fn spent(&self) -> (u64, u64) {
        self.engine.ledger.of_day(self.now, self.observes())
    }

    /// Clients that the day may still see dropped; `None` without a limit.
    pub(super) fn left(&self) -> Option<u64> {
        let most = u64::from(self.policy.max_disconnects_per_day?);
        Some(most.saturating_sub(self.spent().1))
    }
}

/// Names in a sentence: all of a few, or the first ones.
fn names<'a>(names: impl Iterator<Item = &'a NodeName>) -> Option<String> {
    let names: Vec<&str> = names.map(NodeName::as_str).collect();
    let shown = names.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => None,
        len if len > MOST_NAMES => Some(format!("{shown} and {} more: each", len - MOST_NAMES)),
        1 => Some(shown),
        _ => Some(format!("{shown}: each")),
    }
}

const MOST_NAMES: usize = 3;
