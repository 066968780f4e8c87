//! Reads what a cluster consists of from one namespace.

use super::secret::Keys;
use super::{Kinds, Lookup, Place};
use k8s_openapi::api::core::v1::{Pod, Secret, Service};
use kube::api::{Api, ApiResource, DynamicObject, ListParams};

impl Place<'_> {
    /// The EMQX resource `name` of `kind`, if there are such a kind and such a name.
    pub(super) async fn instance(
        &self,
        kinds: &Kinds,
        kind: &str,
        name: &str,
    ) -> Result<Option<DynamicObject>, Lookup> {
        let Some(resource) = kinds.resource(kind).await? else { return Ok(None) };
        let found = self.object(&resource, name).await?;
        if found.is_some() {
            return Ok(found);
        }
        // An API server says of a version that it does not serve what it says of a name.
        match kinds.look_up(kind).await? {
            Some(now) if now != resource => self.object(&now, name).await,
            _ => Ok(None),
        }
    }

    async fn object(
        &self,
        resource: &ApiResource,
        name: &str,
    ) -> Result<Option<DynamicObject>, Lookup> {
        let api = Api::namespaced_with(self.client.clone(), &self.namespace, resource);
        Ok(api.get_opt(name).await?)
    }

    /// The Secret `name`.
    pub(super) async fn secret(&self, name: &str) -> Result<Keys, Lookup> {
        let api: Api<Secret> = Api::namespaced(self.client.clone(), &self.namespace);
        let missing = || Lookup::Absent(format!("the Secret {name} is not found"));
        Ok(Keys::of(api.get_opt(name).await?.ok_or_else(missing)?))
    }

    /// The Service `name`, if there is one.
    pub(super) async fn service(&self, name: &str) -> Result<Option<Service>, Lookup> {
        let api: Api<Service> = Api::namespaced(self.client.clone(), &self.namespace);
        Ok(api.get_opt(name).await?)
    }

    /// The pod `name`, found among all: to read one by its name would take one more right.
    pub(super) async fn pod(&self, name: &str) -> Result<Option<Pod>, Lookup> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let named = ListParams::default().fields(&format!("metadata.name={name}"));
        Ok(api.list(&named).await?.items.into_iter().next())
    }

    /// The pods with `labels`.
    pub(super) async fn pods(&self, labels: &str) -> Result<Vec<Pod>, Lookup> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        Ok(api.list(&ListParams::default().labels(labels)).await?.items)
    }
}
