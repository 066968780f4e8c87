//! The `LoadRebalance` that a policy makes, and what becomes of it.

use crate::failure::{Failure, is_status};
use crate::object::MANAGER;
use crate::own::{LoadRebalance, LoadRebalanceSpec, OwnStatus, PolicyRun, RebalancePolicy};
use emqx_rebalance_core::Timestamp;
use emqx_rebalance_core::driver::OutcomeKind;
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::{Client, Resource, ResourceExt};
use serde_json::json;

/// What becomes of the run of a policy.
pub(super) enum Found {
    /// It is on, or waits for its turn.
    On,
    /// It has its verdict.
    Ended(OutcomeKind),
    /// Nothing was sent to EMQX for it, and nothing will be.
    NotStarted(String),
}

/// The runs of one policy.
pub(super) struct Runs<'a> {
    policy: &'a RebalancePolicy,
    api: Api<LoadRebalance>,
}

impl<'a> Runs<'a> {
    pub(super) fn of(client: &Client, policy: &'a RebalancePolicy) -> Self {
        let namespace = policy.namespace().unwrap_or_default();
        Self { policy, api: Api::namespaced(client.clone(), &namespace) }
    }

    /// The run that is decided upon `now`. Its name says when, so that it is one however often it is made.
    pub(super) fn planned(&self, now: Timestamp) -> PolicyRun {
        let policy: String = self.policy.name_any().chars().take(MAX_NAME).collect();
        let name = format!("{}-{}", policy.trim_end_matches(['-', '.']), now.as_ms() / 1000);
        PolicyRun { name, uid: None, moved: 0 }
    }

    /// Makes it, unless it is there; gives its UID.
    pub(super) async fn make(
        &self,
        run: &PolicyRun,
        spec: LoadRebalanceSpec,
    ) -> Result<Option<String>, Failure> {
        let mut made = LoadRebalance::new(&run.name, spec);
        made.metadata.namespace = self.policy.namespace();
        made.metadata.labels = Some([(LABEL.to_owned(), "RebalancePolicy".to_owned())].into());
        made.metadata.owner_references =
            Some(self.policy.controller_owner_ref(&()).into_iter().collect());
        let params =
            PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
        match self.api.create(&params, &made).await {
            Ok(made) => Ok(made.uid()),
            Err(error) if is_status(&error, 409) => {
                Ok(self.api.get_opt(&run.name).await?.and_then(|made| made.uid()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What has become of `run`, of which it notes what is new.
    pub(super) async fn look(&self, run: &mut PolicyRun) -> Result<Found, Failure> {
        let Some(object) = self.api.get_opt(&run.name).await? else {
            return Ok(match &run.uid {
                // Whoever deletes it has it stopped.
                Some(_) => Found::Ended(OutcomeKind::Stopped),
                None => Found::NotStarted("its LoadRebalance was not made".to_owned()),
            });
        };
        run.uid = object.uid();
        let status = object.status.unwrap_or_default();
        run.moved = status.progress.as_ref().map_or(run.moved, |progress| progress.moved);
        Ok(found(&status))
    }

    /// Has `run` stopped.
    pub(super) async fn stop(&self, run: &PolicyRun) -> Result<(), Failure> {
        let patch = Patch::Merge(json!({"spec": {"stop": true}}));
        match self.api.patch(&run.name, &PatchParams::apply(MANAGER), &patch).await {
            Err(error) if !is_status(&error, 404) => Err(error.into()),
            _ => Ok(()),
        }
    }
}

fn found(status: &OwnStatus) -> Found {
    let phase = status.phase.as_deref().unwrap_or_default();
    if !["Completed", "Failed"].contains(&phase) {
        return Found::On;
    }
    let result = status.outcome.as_ref().map(|outcome| json!(outcome.result));
    let result = result.and_then(|word| serde_json::from_value(word).ok());
    match result {
        Some(result) => Found::Ended(result),
        None if phase == "Completed" => Found::Ended(OutcomeKind::AlreadyBalanced),
        None => {
            let failed = status.conditions.iter().find(|condition| condition.type_ == "Failed");
            let why = failed.map_or("it failed", |condition| condition.message.as_str());
            Found::NotStarted(why.to_owned())
        }
    }
}

/// By which those are found that were made of another object.
const LABEL: &str = "emqx-rebalance.io/made-of";
/// What a name of 253 letters leaves beside a time.
const MAX_NAME: usize = 230;
