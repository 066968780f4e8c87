//! Which of EMQX's resources the API server knows, and in which versions.

use crate::order::Kind;
use crate::resource::GROUP;
use kube::api::ApiResource;
use kube::discovery;
use kube::{Client, Resource};
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// Which of EMQX's resources the API server knows. Looked up once, and again when something is
/// missing: EMQX's operator may be installed or upgraded at any time.
pub(crate) struct Kinds {
    client: Client,
    known: RwLock<BTreeMap<String, ApiResource>>,
}

impl Kinds {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, known: RwLock::default() }
    }

    /// The resource of `kind` in the version that the API server prefers.
    pub(crate) async fn resource(&self, kind: &str) -> Result<Option<ApiResource>, kube::Error> {
        match self.cached(kind) {
            Some(found) => Ok(Some(found)),
            None => self.look_up(kind).await,
        }
    }

    /// The same, asked anew: a version that was served may be served no more.
    pub(crate) async fn look_up(&self, kind: &str) -> Result<Option<ApiResource>, kube::Error> {
        let Some(group) = self.group(GROUP).await? else { return Ok(None) };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for (resource, _) in group.resources_by_stability() {
            known.insert(resource.kind.clone(), resource);
        }
        Ok(known.get(kind).cloned())
    }

    /// Of `kinds`, the first that the API server serves.
    pub(crate) async fn served(&self, kinds: &[Kind]) -> Result<Option<Kind>, kube::Error> {
        let Some(first) = kinds.first() else { return Ok(None) };
        let Some(group) = self.group(first.group()).await? else { return Ok(None) };
        let serves = |kind: &Kind| {
            let resources = group.versioned_resources(kind.version());
            resources.iter().any(|(resource, _)| resource.kind == kind.word())
        };
        Ok(kinds.iter().copied().find(serves))
    }

    /// Whether the API server serves the resource `K`.
    pub(crate) async fn is_served<K: Resource<DynamicType = ()>>(
        &self,
    ) -> Result<bool, kube::Error> {
        let Some(group) = self.group(&K::group(&())).await? else { return Ok(false) };
        let resources = group.versioned_resources(&K::version(&()));
        Ok(resources.iter().any(|(resource, _)| resource.kind == K::kind(&())))
    }

    fn cached(&self, kind: &str) -> Option<ApiResource> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(kind).cloned()
    }

    async fn group(&self, name: &str) -> Result<Option<discovery::ApiGroup>, kube::Error> {
        match discovery::group(&self.client, name).await {
            Ok(group) => Ok(Some(group)),
            Err(kube::Error::Discovery(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
