//! Who is trusted: nobody by default, a given authority, and a server that asks for a certificate.
#![cfg(test)]

use emqx_rebalance_client::{Cluster, ClusterConfig, Tls};
use emqx_rebalance_core::{Error, ErrorKind};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// An authority, a server and a client that it vouches for.
struct Pki {
    folder: TempDir,
    authority: CertificateDer<'static>,
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Pki {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let leaf = |name: &str| {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            (params.signed_by(&key, &issuer).unwrap(), key)
        };
        let (server, key) = leaf("127.0.0.1");
        let (client, client_key) = leaf("operator");
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| {
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        write("ca.pem", issuer.as_ref().pem());
        write("client.pem", client.pem());
        write("client.key", client_key.serialize_pem());
        let authority = issuer.as_ref().der().clone();
        Self { folder, authority, chain: vec![server.der().clone()], key }
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        Some(self.folder.path().join(name))
    }

    /// A server that says it is EMQX and knows no key. Returns its URL.
    async fn serve(&self, asks_for_certificate: bool) -> String {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        let builder = if asks_for_certificate {
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let config = builder.with_single_cert(self.chain.clone(), key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                if let Ok(mut stream) = acceptor.accept(socket).await {
                    let _ = stream.read(&mut [0; 4096]).await;
                    let answer =
                        "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.shutdown().await;
                }
            }
        });
        url
    }

    async fn connect(&self, url: &str, tls: Tls) -> Error {
        let config = ClusterConfig { tls, ..ClusterConfig::new(url) };
        Cluster::connect(config).await.unwrap_err()
    }
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_is_not_talked_to() {
    let pki = Pki::new();
    let url = pki.serve(false).await;
    let error = pki.connect(&url, Tls::default()).await;
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn a_given_authority_is_trusted() {
    let pki = Pki::new();
    let url = pki.serve(false).await;
    let tls = Tls { ca_cert: pki.path("ca.pem"), ..Tls::default() };
    // The answer got through: EMQX, played by the server, says that nobody may ask.
    assert_eq!(pki.connect(&url, tls).await.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_server_may_ask_for_a_certificate() {
    let pki = Pki::new();
    let url = pki.serve(true).await;
    let without = Tls { ca_cert: pki.path("ca.pem"), ..Tls::default() };
    assert_eq!(pki.connect(&url, without.clone()).await.kind(), ErrorKind::Unreachable);
    let with = Tls {
        client_cert: pki.path("client.pem"),
        client_key: pki.path("client.key"),
        ..without.clone()
    };
    assert_eq!(pki.connect(&url, with).await.kind(), ErrorKind::Forbidden);
    let half = Tls { client_cert: pki.path("client.pem"), ..without };
    let error = pki.connect(&url, half).await;
    assert!(error.to_string().contains("client_key"), "{error}");
}
