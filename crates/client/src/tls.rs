//! How `https` is verified.

use crate::config::Tls;
use emqx_rebalance_core::{Error, Problem, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, crypto};
use std::path::Path;
use std::sync::Arc;

/// A configuration that verifies servers by the system's certificates and those of `tls`.
///
/// The provider is passed rather than installed, since a process-wide one is the host's business.
/// A host without any certificates can still use `http`, and `https` with its own `ca_cert`.
pub(crate) fn client_config(tls: &Tls) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &tls.ca_cert {
        for certificate in certificates("ca_cert", path)? {
            roots.add(certificate).map_err(|_| bad("ca_cert", path))?;
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| bad("tls", Path::new("ring")))?
        .with_root_certificates(roots);
    match (&tls.client_cert, &tls.client_key) {
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(cert), Some(key)) => {
            let chain = certificates("client_cert", cert)?;
            let private = PrivateKeyDer::from_pem_file(key).map_err(|_| bad("client_key", key))?;
            builder.with_client_auth_cert(chain, private).map_err(|_| bad("client_key", key))
        }
        (Some(_), None) => Err(missing("client_key")),
        (None, Some(_)) => Err(missing("client_cert")),
    }
}

fn certificates(field: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path).map_err(|_| bad(field, path))?;
    let certificates: Result<Vec<_>, _> = read.collect();
    certificates.ok().filter(|list| !list.is_empty()).ok_or_else(|| bad(field, path))
}

fn bad(field: &str, path: &Path) -> Error {
    let bound = "a readable PEM file of the right kind";
    Error::invalid("TLS options", vec![Problem::new(field, path.display(), bound)])
}

fn missing(field: &str) -> Error {
    let bound = "given: client_cert and client_key go together";
    Error::invalid("TLS options", vec![Problem::new(field, "absent", bound)])
}
