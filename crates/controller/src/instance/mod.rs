//! Finds the cluster that a `Rebalance` names: where its API is, who may ask, and which Service its
//! clients connect to. Names of Services and Secrets are those of EMQX Operator (2.1 to 3.x).

mod direct;
mod enterprise;
mod kinds;
mod operator;
mod place;
mod secret;

pub(crate) use kinds::Kinds;

use crate::resource::Rebalance;
use crate::wishes::annotation;
use emqx_rebalance_client::Auth;
use emqx_rebalance_core::{Error, NodeName, Problem};
use kube::{Client, ResourceExt};
use std::collections::BTreeMap;
use std::fmt;

/// How to ask a cluster.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// Base URLs that answer for the cluster.
    pub(crate) urls: Vec<String>,
    /// Base URLs of single nodes, as far as they are known.
    pub(crate) node_urls: BTreeMap<NodeName, String>,
    /// Who asks.
    pub(crate) auth: Auth,
    /// The certificate authority of the cluster, as PEM.
    pub(crate) ca_pem: Option<Vec<u8>>,
    /// The Service that clients connect to, if it is known.
    pub(crate) service: Option<String>,
}

/// Why a cluster is not to be asked.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// Something that it takes is not there. It may come.
    Absent(String),
    /// What is there cannot be used until somebody changes it.
    Unusable(Error),
    /// Kubernetes did not answer.
    Api(kube::Error),
}

impl From<kube::Error> for Lookup {
    fn from(error: kube::Error) -> Self {
        Self::Api(error)
    }
}

impl fmt::Display for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(what) => f.write_str(what),
            Self::Unusable(error) => error.fmt(f),
            Self::Api(error) => write!(f, "the Kubernetes API does not answer: {error}"),
        }
    }
}

/// Finds the cluster of `object`.
pub(crate) async fn find(
    client: &Client,
    kinds: &Kinds,
    object: &Rebalance,
) -> Result<Access, Lookup> {
    let place = Place { client, namespace: object.namespace().unwrap_or_default() };
    let mut access = match object.annotation(&annotation("url")) {
        Some(urls) => direct::access(urls),
        None => managed(&place, kinds, object).await?,
    };
    if let Some(secret) = object.annotation(&annotation("secret")) {
        let secret = place.secret(secret).await?.lent()?;
        access.auth = secret.credentials()?;
        access.ca_pem = secret.authority().or(access.ca_pem);
    }
    if let Some(secret) = object.annotation(&annotation("ca-secret")) {
        let missing = || Lookup::Absent(format!("the Secret {secret} has no ca.crt"));
        access.ca_pem = Some(place.secret(secret).await?.authority().ok_or_else(missing)?);
    }
    if let Some(service) = object.annotation(&annotation("service")) {
        access.service = Some(service.to_owned());
    }
    Ok(access)
}

/// Objects of the same key ask for the same cluster, so only one of them runs at a time. Two keys may
/// still lead to one cluster; then EMQX shows the run of the other.
pub(crate) fn cluster_key(object: &Rebalance) -> String {
    match object.annotation(&annotation("url")) {
        Some(urls) => direct::key(urls),
        None => {
            let namespace = object.namespace().unwrap_or_default();
            format!("{namespace}/{}", object.spec.instance_name)
        }
    }
}

/// An `EMQX` or an `EmqxEnterprise`. The kind that the object names is tried first; the other one
/// too, since an object of v1beta4 means an `EmqxEnterprise` and loses that when it is stored as
/// v2beta1, whose default is `EMQX`.
async fn managed(place: &Place<'_>, kinds: &Kinds, object: &Rebalance) -> Result<Access, Lookup> {
    let name = &object.spec.instance_name;
    let is_enterprise = object.spec.instance_kind == enterprise::KIND;
    if !is_enterprise && object.spec.instance_kind != operator::KIND {
        let problem =
            Problem::new("spec.instanceKind", &object.spec.instance_kind, "EMQX or EmqxEnterprise");
        return Err(Lookup::Unusable(Error::invalid("spec", vec![problem])));
    }
    let order = if is_enterprise { [true, false] } else { [false, true] };
    for is_enterprise in order {
        let found = if is_enterprise {
            enterprise::find(place, kinds, name).await?
        } else {
            operator::find(place, kinds, name).await?
        };
        if let Some(access) = found {
            return Ok(access);
        }
    }
    let kind = &object.spec.instance_kind;
    Err(Lookup::Absent(format!("{kind} {name} is not found")))
}

/// Where to look.
struct Place<'a> {
    client: &'a Client,
    namespace: String,
}
