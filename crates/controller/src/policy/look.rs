//! One look at the cluster of a policy, and what follows from it.

use super::run::{Found, Runs};
use super::{Policies, kept, shown};
use crate::clusters::Spelling;
use crate::failure::Failure;
use crate::object::MANAGER;
use crate::order::Order;
use crate::own::{PolicyStatus, RebalancePolicy, Terms, pascal_case};
use crate::reconcile::told;
use emqx_rebalance_core::Timestamp;
use emqx_rebalance_core::driver::Status;
use emqx_rebalance_core::policy::{
    Action, Consent, Decision, Engine, Input, Observation, Query, Step,
};
use kube::api::{Api, PostParams};
use kube::runtime::controller::Action as Next;
use kube::runtime::events::{Event, EventType};
use kube::{Resource, ResourceExt};
use std::time::Duration;

/// Looks at the cluster of `policy` and does what follows.
pub(super) async fn at(policies: &Policies, policy: &RebalancePolicy) -> Result<Next, Failure> {
    if policy.metadata.deletion_timestamp.is_some() {
        return Ok(Next::await_change());
    }
    let poll = Duration::from_secs(policy.spec.poll_interval_seconds.into());
    let mut look = Look::new(policies, policy);
    match policy.spec.terms() {
        Err(error) => look.stall("SpecInvalid", &error.to_string()).await?,
        Ok(terms) => match policies.rival(policy) {
            Some(other) => {
                let message = format!("{other} looks after this cluster already");
                look.stall("OtherPolicy", &message).await?;
            }
            None => look.decide(&terms).await?,
        },
    }
    Ok(Next::requeue(poll))
}

/// One look.
struct Look<'a> {
    policies: &'a Policies,
    policy: RebalancePolicy,
    place: Order,
    runs: Runs<'a>,
    status: PolicyStatus,
    engine: Engine,
    now: Timestamp,
}

impl<'a> Look<'a> {
    fn new(policies: &'a Policies, policy: &'a RebalancePolicy) -> Self {
        let context = &policies.context;
        let status = policy.status.clone().unwrap_or_default();
        Self {
            policies,
            place: policy.spec.place(&policy.metadata),
            runs: Runs::of(&context.client, policy),
            engine: kept::engine(&status),
            status,
            policy: policy.clone(),
            now: context.clock.now(),
        }
    }

    /// Says that somebody must change the object before anything is decided.
    async fn stall(&mut self, reason: &str, message: &str) -> Result<(), Failure> {
        self.stand([Err((reason, message)), Err((reason, message))]);
        self.write().await
    }

    async fn decide(&mut self, terms: &Terms) -> Result<(), Failure> {
        self.hear(terms);
        let step = match self.ended(terms).await? {
            Some(step) => step,
            None => self.see(terms).await,
        };
        self.follow(step).await
    }

    /// What the object says of a proposal.
    fn hear(&mut self, terms: &Terms) {
        let spec = &self.policy.spec;
        let said = [(spec.approved_proposal, true), (spec.rejected_proposal, false)];
        for (id, is_approved) in said {
            let waits = self.engine.proposal().filter(|waits| waits.approved.is_none());
            let Some(id) = waits.map(|waits| waits.id).filter(|waits| Some(*waits) == id) else {
                continue;
            };
            let field = if is_approved { "spec.approvedProposal" } else { "spec.rejectedProposal" };
            let consent = Consent { who: field.to_owned(), why: None, at: self.now };
            let input =
                if is_approved { Input::Approve(id, consent) } else { Input::Reject(id, consent) };
            // It has no action: what is approved starts with the next look that lets it.
            let _ = self.engine.step(&terms.policy, self.now, input);
        }
    }

    /// What follows from the end of the run that was on, if it has ended.
    async fn ended(&mut self, terms: &Terms) -> Result<Option<Step>, Failure> {
        if !self.engine.is_running() {
            self.status.run = None;
            return Ok(None);
        }
        let mut run = self.status.run.take().unwrap_or_else(|| self.runs.planned(self.now));
        let found = self.runs.look(&mut run).await?;
        let input = match &found {
            Found::On => {
                self.status.run = Some(run);
                return Ok(None);
            }
            Found::Ended(result) => Input::Ended { result: *result, disconnects: run.moved },
            Found::NotStarted(why) => Input::NotStarted(why),
        };
        Ok(Some(self.engine.step(&terms.policy, self.now, input)))
    }

    /// What follows from the cluster as it is now.
    async fn see(&mut self, terms: &Terms) -> Step {
        let read = self.read().await;
        let input = match &read {
            Err(why) => Input::Unseen(why),
            Ok(status) => Input::Seen(Box::new(Observation {
                status,
                query: Query::Silent,
                asked: terms.asked.clone(),
                driver: terms.driver.clone(),
            })),
        };
        let step = self.engine.step(&terms.policy, self.now, input);
        match &read {
            Ok(status) => {
                shown::read(&mut self.status, self.now, status, step.decision.over);
                self.stand([Ok(()), Ok(())]);
            }
            Err(why) => self.stand([Err(("Unread", why)), Ok(())]),
        }
        step
    }

    /// The cluster as it is now, with how far our run is.
    async fn read(&self) -> Result<Status, String> {
        let finder = &self.policies.context.finder;
        let access = finder.find(&self.place).await.map_err(|lookup| lookup.to_string())?;
        let told = |error| told(&self.place, error);
        let cluster = access.connect().await.map_err(told)?;
        let mut status = cluster.status().await.map_err(told)?;
        if let Some(unread) = &status.unread {
            return Err(format!("the cluster cannot be read: {}", unread.cause.kind));
        }
        if let Some(run) = &self.status.run {
            status.progress.moved = run.moved;
        }
        Ok(status)
    }

    /// Writes what was decided, and then does it.
    async fn follow(&mut self, step: Step) -> Result<(), Failure> {
        let starts = step.actions.iter().any(|action| matches!(action, Action::Start { .. }));
        if starts {
            self.status.run = Some(self.runs.planned(self.now));
        } else if !self.engine.is_running() {
            self.status.run = None;
        }
        self.write().await?;
        if step.is_new {
            self.tell(&step.decision).await;
        }
        for action in step.actions {
            self.act(action).await?;
        }
        Ok(())
    }

    async fn act(&mut self, action: Action) -> Result<(), Failure> {
        let Some(run) = self.status.run.clone() else { return Ok(()) };
        match action {
            Action::Propose => Ok(()),
            Action::Stop => self.runs.stop(&run).await,
            Action::Start { driver, purpose, .. } => {
                let spec = self.policy.spec.run(&driver, purpose.reason);
                let uid = self.runs.make(&run, spec).await?;
                if let Some(run) = &mut self.status.run {
                    run.uid = uid;
                }
                self.write().await
            }
        }
    }

    fn stand(&mut self, found: [Result<(), (&str, &str)>; 2]) {
        shown::standing(&mut self.status, self.now, self.policy.metadata.generation, found);
    }

    /// Writes the status, unless somebody else has written the object meanwhile: then another look decides.
    async fn write(&mut self) -> Result<(), Failure> {
        shown::decided(&mut self.status, &self.engine);
        self.status.state = Some(kept::text(&self.engine)?);
        let client = self.policies.context.client.clone();
        let namespace = self.policy.namespace().unwrap_or_default();
        let api: Api<RebalancePolicy> = Api::namespaced(client, &namespace);
        self.policy.status = Some(self.status.clone());
        let params =
            PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
        self.policy = api.replace_status(&self.policy.name_any(), &params, &self.policy).await?;
        Ok(())
    }

    /// Publishes what was done, for `kubectl describe`.
    async fn tell(&self, decision: &Decision) {
        if !decision.reason.is_act() {
            return;
        }
        let event = Event {
            type_: EventType::Normal,
            reason: pascal_case(decision.reason.as_str()),
            note: Some(decision.detail.clone()),
            action: "Decide".to_owned(),
            secondary: None,
        };
        self.policies.context.publish(event, &self.policy.object_ref(&())).await;
    }
}

impl Policies {
    /// The policy of the same namespace that was there before `policy` and means the same cluster.
    fn rival(&self, policy: &RebalancePolicy) -> Option<String> {
        let others = self.store.state();
        let others = others.iter().filter_map(|other| other.0.as_ref().ok());
        let mut others = others.filter(|other| {
            other.namespace() == policy.namespace()
                && other.uid() != policy.uid()
                && age(other) < age(policy)
                && are_of_one_cluster(other, policy)
        });
        others.next().map(ResourceExt::name_any)
    }
}

/// What was made first, and of two at once the one that is named first.
fn age(policy: &RebalancePolicy) -> (Option<jiff::Timestamp>, String) {
    (policy.creation_timestamp().map(|time| time.0), policy.name_any())
}

fn are_of_one_cluster(one: &RebalancePolicy, other: &RebalancePolicy) -> bool {
    let spelling = |policy: &RebalancePolicy| Spelling::of(&policy.spec.place(&policy.metadata));
    let nodes = |policy: &RebalancePolicy| {
        policy.status.as_ref().map(|status| status.nodes.clone()).unwrap_or_default()
    };
    let (of_one, of_other) = (nodes(one), nodes(other));
    let share = of_one.iter().any(|node| of_other.contains(node));
    spelling(one) == spelling(other) || share && !other.spec.distinct
}
