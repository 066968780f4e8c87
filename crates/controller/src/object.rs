//! Writes to one `Rebalance`: only patches, and the state only if it is still one's own.

use crate::failure::{Failure, is_status};
use crate::resource::{Rebalance, Served};
use crate::saved::STATE;
use kube::api::{Api, Patch, PatchParams};
use kube::{Client, ResourceExt};
use serde_json::{Map, Value, json};

/// One `Rebalance` on the API server.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    api: Api<Rebalance>,
    name: String,
    uid: Option<String>,
}

/// What is known of the object's metadata on the API server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mark {
    version: Option<String>,
    /// The state that we wrote last, or found.
    state: Option<String>,
    finalizers: Vec<String>,
}

/// What a write to the state came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Written {
    /// It stands there.
    Done,
    /// The object is no more.
    Gone,
}

impl Object {
    pub(crate) fn of(client: &Client, served: Served, object: &Rebalance) -> Self {
        let namespace = object.namespace().unwrap_or_default();
        Self {
            api: Api::namespaced_with(client.clone(), &namespace, &served),
            name: object.name_any(),
            uid: object.uid(),
        }
    }

    /// The object as it is now; `None` if it is no more.
    pub(crate) async fn read(&self) -> Result<Option<Rebalance>, Failure> {
        let found = self.api.get_opt(&self.name).await?;
        Ok(found.filter(|found| self.uid.is_none() || found.uid() == self.uid))
    }

    /// Writes the status, and returns the object as it is then. Nothing is lost if it is no more.
    pub(crate) async fn write_status(&self, patch: &Value) -> Result<Option<Rebalance>, Failure> {
        match self.api.patch_status(&self.name, &params(), &Patch::Merge(patch)).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if is_status(&error, 404) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Replaces the state that `mark` knows by `state`, and keeps the finalizer as long as there is
    /// one. Whoever else changes the object meanwhile is let through; who else changes the state has
    /// taken the object over.
    pub(crate) async fn write_state(
        &self,
        mark: &mut Mark,
        state: Option<&str>,
    ) -> Result<Written, Failure> {
        for _ in 0..MAX_CONFLICTS {
            let patch = patch(mark, state);
            match self.api.patch(&self.name, &params(), &Patch::Merge(&patch)).await {
                Ok(object) => {
                    *mark = Mark::of(&object);
                    return Ok(Written::Done);
                }
                Err(error) if is_status(&error, 404) => return Ok(Written::Gone),
                Err(error) if is_status(&error, 409) => {
                    let Some(found) = self.read().await? else { return Ok(Written::Gone) };
                    mark.see(&found)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::Taken)
    }
}

impl Mark {
    pub(crate) fn of(object: &Rebalance) -> Self {
        Self {
            version: object.resource_version(),
            state: object.annotation(STATE).map(str::to_owned),
            finalizers: object.finalizers().to_vec(),
        }
    }

    /// Takes note of the object as it is now, so that the next write meets no conflict.
    ///
    /// # Errors
    /// [`Failure::Taken`] if it holds a state that is not the one we know.
    pub(crate) fn see(&mut self, object: &Rebalance) -> Result<(), Failure> {
        let found = Self::of(object);
        if found.state.is_some() && found.state != self.state {
            return Err(Failure::Taken);
        }
        // A state that somebody took away is written again.
        *self = Self { state: self.state.take(), ..found };
        Ok(())
    }

    /// Whether there is anything of ours on the object.
    pub(crate) fn is_ours(&self) -> bool {
        self.state.is_some() || self.finalizers.iter().any(|finalizer| finalizer == FINALIZER)
    }
}

/// A merge patch replaces the whole list of finalizers, so it names those of others too; the
/// resource version sees to it that the list is the present one.
fn patch(mark: &Mark, state: Option<&str>) -> Value {
    let mut finalizers: Vec<_> = mark.finalizers.clone();
    finalizers.retain(|finalizer| finalizer != FINALIZER);
    if state.is_some() {
        finalizers.push(FINALIZER.to_owned());
    }
    let mut metadata = Map::new();
    metadata.insert("annotations".to_owned(), json!({ STATE: state }));
    if finalizers != mark.finalizers {
        metadata.insert("finalizers".to_owned(), json!(finalizers));
    }
    if let Some(version) = &mark.version {
        metadata.insert("resourceVersion".to_owned(), json!(version));
    }
    json!({ "metadata": metadata })
}

fn params() -> PatchParams {
    PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() }
}

/// EMQX's finalizer: the object stays until its runs are stopped.
pub(crate) const FINALIZER: &str = "apps.emqx.io/finalizer";
/// Who we are in `managedFields`.
pub(crate) const MANAGER: &str = "emqx-rebalance-controller";
/// Writes of others that may come in between, for one write of ours.
const MAX_CONFLICTS: u32 = 20;

#[cfg(test)]
mod tests;
