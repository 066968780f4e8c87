//! The cluster that an object of ours means.
#![expect(unreachable_pub, reason = "the derive repeats the types where nobody can reach them")]

use crate::instance::listed;
use crate::order;
use crate::wishes::{Wishes, not_a_name};
use emqx_rebalance_core::Problem;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The cluster that an object means: one that EMQX's operator looks after, or the one at some URLs.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.instance) != has(self.urls)")
    .message("exactly one of instance and urls says which cluster is meant"))]
pub struct Target {
    /// The resource of EMQX's operator, in the namespace of this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<Instance>,
    /// Where the cluster's API is, one URL of a node or more: Services and pods of this object's
    /// namespace, or hosts that whoever installed the controller allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100), inner(length(min = 8, max = 2048)))]
    pub urls: Option<Vec<String>>,
    /// The Secret with `key` and `secret`, or `username` and `password`, that is labelled
    /// `rebalance.emqx.io/credentials=true` and names the hosts it may be sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub secret_name: Option<String>,
    /// The Secret with `ca.crt`, the authority that signed the cluster's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub ca_secret_name: Option<String>,
    /// The Service that clients connect to. By default the operator's, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub service_name: Option<String>,
}

/// A resource of EMQX's operator.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
pub struct Instance {
    /// `EMQX`, or `EmqxEnterprise` of operator 2.1.
    #[serde(default)]
    pub kind: InstanceKind,
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// The kinds of resources that EMQX's operator makes clusters of.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum InstanceKind {
    /// Of operator 2.2 and later.
    #[default]
    #[serde(rename = "EMQX")]
    Emqx,
    /// Of operator 2.1.
    EmqxEnterprise,
}

impl Target {
    /// The target as reconciliations work with it.
    pub(crate) fn to_target(&self) -> order::Target {
        let kind = |kind| match kind {
            InstanceKind::Emqx => "EMQX",
            InstanceKind::EmqxEnterprise => "EmqxEnterprise",
        };
        match (&self.urls, &self.instance) {
            (Some(urls), _) => order::Target::Urls(urls.join(",")),
            (None, Some(Instance { kind: of, name })) => {
                order::Target::Instance { kind: kind(*of).to_owned(), name: name.clone() }
            }
            (None, None) => order::Target::nothing(),
        }
    }

    /// What `order` means, for which `wishes` are had.
    pub(super) fn of(order: &order::Order, wishes: &Wishes) -> Self {
        let (instance, urls) = match &order.target {
            order::Target::Urls(urls) => (None, Some(listed(urls).map(str::to_owned).collect())),
            order::Target::Instance { kind, name } => {
                let kind = match kind.as_str() {
                    "EmqxEnterprise" => InstanceKind::EmqxEnterprise,
                    _ => InstanceKind::Emqx,
                };
                (Some(Instance { kind, name: name.clone() }), None)
            }
        };
        Self {
            instance,
            urls,
            secret_name: wishes.secret.clone(),
            ca_secret_name: wishes.ca_secret.clone(),
            service_name: wishes.service.clone(),
        }
    }

    /// What is asked for by the target itself.
    pub(super) fn wishes(&self) -> Wishes {
        Wishes {
            service: self.service_name.clone(),
            secret: self.secret_name.clone(),
            ca_secret: self.ca_secret_name.clone(),
            ..Wishes::default()
        }
    }

    /// Names that are none.
    pub(super) fn problems(&self) -> impl Iterator<Item = Problem> {
        let names = [
            ("spec.target.secretName", &self.secret_name),
            ("spec.target.caSecretName", &self.ca_secret_name),
            ("spec.target.serviceName", &self.service_name),
        ];
        names.into_iter().filter_map(|(field, name)| not_a_name(field, name.as_deref()?))
    }
}
