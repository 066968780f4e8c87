//! Reads what a cluster consists of from one namespace.

use super::secret::Keys;
use super::{Kinds, Lookup, Place};
use k8s_openapi::api::core::v1::{Pod, Secret, Service};
use kube::api::{Api, DynamicObject, ListParams};

impl Place<'_> {
    /// The EMQX resource `name` of `kind`, if there are such a kind and such a name.
    pub(super) async fn instance(
        &self,
        kinds: &Kinds,
        kind: &str,
        name: &str,
    ) -> Result<Option<DynamicObject>, Lookup> {
        let Some(resource) = kinds.resource(kind).await? else { return Ok(None) };
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), &self.namespace, &resource);
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

    /// The pods with `labels`.
    pub(super) async fn pods(&self, labels: &str) -> Result<Vec<Pod>, Lookup> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        Ok(api.list(&ListParams::default().labels(labels)).await?.items)
    }
}
