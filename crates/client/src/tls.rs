//! How `https` is verified.

mod given;
mod words;

pub(crate) use words::TlsFailure;

use crate::files;
use emqx_rebalance_core::{Error, Problem, Result};
use emqx_rebalance_exchange::Tls;
use given::GivenCertificates;
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, crypto};
use std::path::Path;
use std::sync::Arc;

/// A configuration that verifies servers by the system's certificates and those of `tls`. A server
/// whose own certificate is in `ca_cert` is trusted like one that an authority there has signed.
///
/// The provider is passed rather than installed, since a process-wide one is the host's business.
/// A host without any certificates can still use `http`, and `https` with its own `ca_cert`.
pub(crate) fn client_config(tls: &Tls) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let given = authorities(tls)?;
    for certificate in given.iter().flatten() {
        let path = tls.ca_cert.as_deref().unwrap_or_else(|| Path::new("in memory"));
        roots.add(certificate.clone()).map_err(|_| bad("ca_cert", path))?;
    }
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| bad("tls", Path::new("ring")))?;
    let builder = match given {
        None => builder.with_root_certificates(roots),
        Some(given) => {
            let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
            let usual = usual.build().map_err(|_| bad("ca_cert", Path::new("no authority")))?;
            let verifier = Arc::new(GivenCertificates::new(usual, given));
            builder.dangerous().with_custom_certificate_verifier(verifier)
        }
    };
    match (&tls.client_cert, &tls.client_key) {
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(cert), Some(key)) => {
            let chain = certificates("client_cert", cert)?;
            let private = files::read("client_key", key, files::MAX_SECRET)?;
            let private = PrivateKeyDer::from_pem_slice(&private);
            let private = private.map_err(|_| bad("client_key", key))?;
            builder.with_client_auth_cert(chain, private).map_err(|_| bad("client_key", key))
        }
        (Some(_), None) => Err(missing("client_key")),
        (None, Some(_)) => Err(missing("client_cert")),
    }
}

/// The authorities beside the system's, if any are given.
fn authorities(tls: &Tls) -> Result<Option<Vec<CertificateDer<'static>>>> {
    let file = tls.ca_cert.as_deref().map(|path| certificates("ca_cert", path)).transpose()?;
    let text = tls.ca_pem.as_deref().map(|text| pem("ca_pem", text, Path::new("in memory")));
    let text = text.transpose()?;
    let is_any = file.is_some() || text.is_some();
    Ok(is_any.then(|| file.into_iter().chain(text).flatten().collect()))
}

fn certificates(field: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    pem(field, &files::read(field, path, files::MAX_FILE)?, path)
}

fn pem(field: &str, text: &[u8], from: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    certificates.ok().filter(|list| !list.is_empty()).ok_or_else(|| bad(field, from))
}

fn bad(field: &str, path: &Path) -> Error {
    let bound = "a readable PEM file of the right kind";
    Error::invalid("TLS options", vec![Problem::new(field, path.display(), bound)])
}

fn missing(field: &str) -> Error {
    let bound = "given: client_cert and client_key go together";
    Error::invalid("TLS options", vec![Problem::new(field, "absent", bound)])
}
