//! Finds the cluster that a `Rebalance` names: where its API is, who may ask, and which Service its
//! clients connect to. Names of Services and Secrets are those of EMQX Operator (2.1 to 3.x).

mod direct;
mod enterprise;
mod kinds;
mod operator;
mod place;
mod secret;

pub(crate) use direct::listed;
pub(crate) use kinds::Kinds;

use crate::hosts::HostPattern;
use crate::order::{Kind, Order, Target};
use crate::wishes::not_a_name;
use emqx_rebalance_client::{Auth, Cluster, ClusterConfig, Tls};
use emqx_rebalance_core::{Error, NodeName, Problem};
use k8s_openapi::api::core::v1::Pod;
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
    /// Whether other nodes are looked for at the hosts in their names.
    pub(crate) find_nodes: bool,
    /// Who asks.
    pub(crate) auth: Auth,
    /// The certificate authority of the cluster, as PEM.
    pub(crate) ca_pem: Option<Vec<u8>>,
    /// The Service that clients connect to, if it is known.
    pub(crate) service: Option<String>,
}

impl Access {
    /// Asks the cluster who it is.
    ///
    /// # Errors
    /// As [`Cluster::connect`].
    pub(crate) async fn connect(self) -> Result<Cluster, Error> {
        let Self { urls, node_urls, find_nodes, auth, ca_pem, .. } = self;
        let tls = Tls { ca_pem, ..Tls::default() };
        let config =
            ClusterConfig { urls, node_urls, find_nodes, auth, tls, ..ClusterConfig::default() };
        Cluster::connect(config).await
    }
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

/// Finds clusters.
pub(crate) struct Finder {
    client: Client,
    kinds: Kinds,
    /// Hosts that objects may name beside those of their own namespace.
    allowed_hosts: Vec<HostPattern>,
}

impl Finder {
    pub(crate) fn new(client: Client, allowed_hosts: Vec<HostPattern>) -> Self {
        Self { kinds: Kinds::new(client.clone()), client, allowed_hosts }
    }

    /// The cluster of `object`.
    pub(crate) async fn find(&self, object: &Order) -> Result<Access, Lookup> {
        let place = self.place(object.namespace().unwrap_or_default());
        let wishes = object.wishes.as_ref().map_err(|error| Lookup::Unusable(error.clone()))?;
        let mut addresses = Vec::new();
        let mut access = match &object.target {
            Target::Urls(urls) => {
                addresses = direct::addresses(&place, object.voice().urls_field(), urls)?;
                direct::access(&addresses)
            }
            Target::Instance { kind, name } => {
                managed(&place, &self.kinds, object.voice(), (kind, name)).await?
            }
        };
        if let Some(secret) = &wishes.secret {
            let secret = place.secret(secret).await?;
            let secret = secret.lent_to(&addresses)?;
            access.auth = secret.credentials()?;
            access.ca_pem = secret.authority().or(access.ca_pem);
        }
        if let Some(secret) = &wishes.ca_secret {
            let missing = || Lookup::Absent(format!("the Secret {secret} has no ca.crt"));
            access.ca_pem = Some(place.secret(secret).await?.authority().ok_or_else(missing)?);
        }
        access.service = wishes.service.clone().or(access.service);
        Ok(access)
    }

    /// What speaks against going to the cluster of `object`, as far as the object itself shows.
    pub(crate) fn verify(&self, object: &Order) -> Result<(), Lookup> {
        match &object.target {
            Target::Urls(urls) => {
                let place = self.place(object.namespace().unwrap_or_default());
                direct::addresses(&place, object.voice().urls_field(), urls).map(drop)
            }
            Target::Instance { kind, name } => is_enterprise(object.voice(), kind, name).map(drop),
        }
    }

    /// The pod `name` of `namespace`, if there is one.
    pub(crate) async fn pod(&self, namespace: &str, name: &str) -> Result<Option<Pod>, Lookup> {
        self.place(namespace.to_owned()).pod(name).await
    }

    fn place(&self, namespace: String) -> Place<'_> {
        Place { client: &self.client, namespace, allowed_hosts: &self.allowed_hosts }
    }
}

/// An `EMQX` or an `EmqxEnterprise`. The kind that the object names is tried first; the other one
/// too, since an object of v1beta4 means an `EmqxEnterprise` and loses that when it is stored as
/// v2beta1, whose default is `EMQX`.
async fn managed(
    place: &Place<'_>,
    kinds: &Kinds,
    asking: Kind,
    (kind, name): (&str, &str),
) -> Result<Access, Lookup> {
    let order = if is_enterprise(asking, kind, name)? { [true, false] } else { [false, true] };
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
    Err(Lookup::Absent(format!("{kind} {name} is not found")))
}

/// Whether an instance is an `EmqxEnterprise`.
///
/// # Errors
/// If its kind or its name is none, by the field of the object that is `asking`.
fn is_enterprise(asking: Kind, kind: &str, name: &str) -> Result<bool, Lookup> {
    let (kind_field, name_field) = asking.instance_fields();
    let is_enterprise = kind == enterprise::KIND;
    let is_known = is_enterprise || kind == operator::KIND;
    let bad_kind = || Problem::new(kind_field, kind, "EMQX or EmqxEnterprise");
    match not_a_name(name_field, name).or_else(|| (!is_known).then(bad_kind)) {
        None => Ok(is_enterprise),
        Some(problem) => Err(Lookup::Unusable(Error::invalid("spec", vec![problem]))),
    }
}

/// Where to look.
struct Place<'a> {
    client: &'a Client,
    namespace: String,
    allowed_hosts: &'a [HostPattern],
}
