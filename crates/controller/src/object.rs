//! Writes to one object: only patches, and of what is driven only if it is still one's own.

use crate::failure::{Failure, is_status};
use crate::order::{FINALIZER, Kind, Order};
use kube::api::{Api, DeleteParams, Patch, PatchParams, Preconditions};
use kube::{Client, ResourceExt};
use serde_json::{Map, Value, json};

/// One object on the API server.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    api: Api<Order>,
    kind: Kind,
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
    /// Whether our finalizer is among them.
    has_finalizer: bool,
    /// Whether it is deleted, or its runs are to be stopped.
    is_called_off: bool,
}

/// What is to be written to an object.
#[derive(Clone, Copy, Debug)]
enum Change<'a> {
    /// The state; `None` lets the object go.
    State(Option<&'a str>),
    Status(&'a Value),
}

/// What a write came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Written {
    /// It stands there.
    Done,
    /// The object is no more.
    Gone,
}

impl Object {
    pub(crate) fn of(client: &Client, object: &Order) -> Self {
        let (namespace, kind) = (object.namespace().unwrap_or_default(), object.kind);
        let api = Api::namespaced_with(client.clone(), &namespace, &kind);
        Self { api, kind, name: object.name_any(), uid: object.uid() }
    }

    /// The object as it is now; `None` if it is no more.
    pub(crate) async fn read(&self) -> Result<Option<Order>, Failure> {
        let found = self.api.get_opt(&self.name).await?;
        Ok(found.filter(|found| self.uid.is_none() || found.uid() == self.uid))
    }

    /// Deletes it, unless it is another one by now.
    pub(crate) async fn delete(&self) -> Result<(), Failure> {
        let preconditions = Preconditions { uid: self.uid.clone(), resource_version: None };
        let params = DeleteParams::default().preconditions(preconditions);
        match self.api.delete(&self.name, &params).await {
            Err(error) if !is_status(&error, 404) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Writes the status of the object that `mark` knows, unless another process drives it or has
    /// ended it.
    pub(crate) async fn write_status(
        &self,
        mark: &mut Mark,
        status: &Value,
    ) -> Result<Written, Failure> {
        self.write(mark, Change::Status(status)).await
    }

    /// Replaces the state that `mark` knows by `state`, and keeps the finalizer as long as there is
    /// one. Whoever else changes the object meanwhile is let through; who else changes the state has
    /// taken the object over.
    pub(crate) async fn write_state(
        &self,
        mark: &mut Mark,
        state: Option<&str>,
    ) -> Result<Written, Failure> {
        self.write(mark, Change::State(state)).await
    }

    /// Says `status`, a merge patch, of an object of EMQX's, whoever else changes it: nobody but us writes
    /// there what is said.
    ///
    /// Not server-side apply: that refuses a status with fields that the definition does not have, as
    /// EMQX's own does not have ours, where a merge patch drops them.
    pub(crate) async fn say(&self, status: &Value) -> Result<(), Failure> {
        let patch = json!({ "metadata": { "uid": self.uid }, "status": status });
        match self.api.patch_status(&self.name, &params(), &Patch::Merge(patch)).await {
            Err(error) if !is_status(&error, 404) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Changes the metadata of `known` as `change` says of the object as it is now, until nobody comes in
    /// between. The object after that; `None` if it is no more.
    pub(crate) async fn amend(
        &self,
        known: &Order,
        change: impl Fn(&Order) -> Option<Value>,
    ) -> Result<Option<Order>, Failure> {
        let mut known = Some(known.clone());
        let mut conflicts = 0;
        while let Some(now) = known {
            let Some(Value::Object(mut metadata)) = change(&now) else { return Ok(Some(now)) };
            metadata.extend(Mark::of(&now).precondition(self.uid.as_deref()));
            match self.patch(metadata).await {
                Ok(object) => return Ok(Some(object)),
                Err(error) if is_status(&error, 404) => return Ok(None),
                Err(error) if is_status(&error, 409) && conflicts < MAX_CONFLICTS => {
                    conflicts += 1;
                    known = self.read().await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    async fn write(&self, mark: &mut Mark, change: Change<'_>) -> Result<Written, Failure> {
        let mut conflicts = 0;
        loop {
            match self.send(mark, change).await {
                Ok(object) => {
                    mark.wrote(&object, change);
                    return Ok(Written::Done);
                }
                Err(error) if is_status(&error, 404) => return Ok(Written::Gone),
                Err(error) if is_status(&error, 409) && conflicts < MAX_CONFLICTS => {
                    conflicts += 1;
                    let Some(found) = self.read().await? else { return Ok(Written::Gone) };
                    mark.see(&found, change)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn send(&self, mark: &Mark, change: Change<'_>) -> Result<Order, kube::Error> {
        match change {
            Change::Status(status) => {
                self.apply(mark.precondition(self.uid.as_deref()), status).await
            }
            Change::State(state) => self.keep_in_status(mark, state).await,
        }
    }

    /// Applies the whole status: it is ours alone, and what it says no more goes. Conditions of others
    /// stay, which this would not know of.
    async fn apply(&self, known: Map<String, Value>, status: &Value) -> Result<Order, kube::Error> {
        let object = json!({
            "apiVersion": format!("{}/{}", self.kind.group(), self.kind.version()),
            "kind": self.kind.word(), "metadata": known, "status": status,
        });
        self.api.patch_status(&self.name, &params().force(), &Patch::Apply(object)).await
    }

    /// Keeps the state in the status, which is written apart from the finalizer: the finalizer is there
    /// as long as a state is.
    async fn keep_in_status(&self, mark: &Mark, state: Option<&str>) -> Result<Order, kube::Error> {
        let mut mark = mark.clone();
        if state.is_some() && !mark.has_finalizer {
            let held = mark.held_now(self.uid.as_deref(), true);
            mark = Mark::of(&self.patch(held).await?);
        }
        let known = mark.precondition(self.uid.as_deref());
        let patch = json!({ "metadata": known, "status": { "state": state } });
        let written = self.api.patch_status(&self.name, &params(), &Patch::Merge(patch)).await?;
        let mark = Mark::of(&written);
        if state.is_some() || !mark.has_finalizer {
            return Ok(written);
        }
        self.patch(mark.held_now(self.uid.as_deref(), false)).await
    }

    async fn patch(&self, metadata: Map<String, Value>) -> Result<Order, kube::Error> {
        let patch = json!({ "metadata": metadata });
        self.api.patch(&self.name, &params(), &Patch::Merge(patch)).await
    }
}

impl Mark {
    pub(crate) fn of(object: &Order) -> Self {
        Self {
            version: object.resource_version(),
            state: object.state.clone(),
            finalizers: object.finalizers().to_vec(),
            has_finalizer: object.is_kept(),
            is_called_off: object.is_deleted() || object.asks_to_stop,
        }
    }

    /// Whether there is anything of ours on the object.
    pub(crate) fn is_ours(&self) -> bool {
        self.state.is_some() || self.has_finalizer
    }

    /// Whether it is deleted, or its runs are to be stopped.
    pub(crate) fn is_called_off(&self) -> bool {
        self.is_called_off
    }

    /// Takes note of the object as `change` left it.
    fn wrote(&mut self, object: &Order, change: Change<'_>) {
        let state = match change {
            Change::State(state) => state.map(str::to_owned),
            // One that somebody took away is still to be written again.
            Change::Status(_) => self.state.take(),
        };
        *self = Self { state, ..Self::of(object) };
    }

    /// Takes note of the object as it is now, so that the next try of `change` meets no conflict.
    ///
    /// # Errors
    /// [`Failure::Taken`] if the object is not ours to change any more, [`Failure::CalledOff`] if the
    /// state holds what was decided without knowing that it is to end.
    fn see(&mut self, object: &Order, change: Change<'_>) -> Result<(), Failure> {
        let found = Self::of(object);
        if !self.permits(change, object, &found) {
            return Err(Failure::Taken);
        }
        let is_news = found.is_called_off && !self.is_called_off;
        *self = Self { state: self.state.take(), ..found };
        match change {
            Change::State(Some(_)) if is_news => Err(Failure::CalledOff),
            _ => Ok(()),
        }
    }

    /// Whether who knows `self` may still do `change` to `object`, whose mark is `found`. A process
    /// that was frozen, or whose connections were, may wake up long after another one has ended what
    /// it began; all that is left then is the verdict.
    fn permits(&self, change: Change<'_>, object: &Order, found: &Self) -> bool {
        let is_processing = object.phase() == Some("Processing");
        match (change, &self.state, &found.state) {
            (_, ours, Some(theirs)) if ours.as_ref() != Some(theirs) => false,
            (Change::State(None), ..) => true,
            _ if object.is_ended() => false,
            // A state that somebody took away is written again, where it is still being worked on.
            (_, Some(_), None) => is_processing && found.has_finalizer,
            (Change::State(Some(_)), None, None) => !is_processing,
            _ => true,
        }
    }

    /// Has the API server refuse a change of another object than the one known.
    fn precondition(&self, uid: Option<&str>) -> Map<String, Value> {
        let known = [("uid", uid), ("resourceVersion", self.version.as_deref())];
        known
            .iter()
            .filter_map(|(name, known)| Some(((*name).to_owned(), json!((*known)?))))
            .collect()
    }

    /// The metadata with which our finalizer is on the object that is known, or not. A merge patch replaces
    /// the whole list, so it names those of others too.
    fn held_now(&self, uid: Option<&str>, holds: bool) -> Map<String, Value> {
        let mut finalizers = self.finalizers.clone();
        finalizers.retain(|finalizer| finalizer != FINALIZER);
        finalizers.extend(holds.then(|| FINALIZER.to_owned()));
        let list = (finalizers != self.finalizers).then(|| json!(finalizers));
        let list = list.map(|list| ("finalizers".to_owned(), list));
        self.precondition(uid).into_iter().chain(list).collect()
    }
}

/// How we write.
fn params() -> PatchParams {
    PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() }
}

/// Who we are in `managedFields`.
pub(crate) const MANAGER: &str = "emqx-rebalance-controller";
/// Writes of others that may come in between, for one write of ours.
const MAX_CONFLICTS: u32 = 20;

#[cfg(test)]
mod tests;
