//! Who is trusted: nobody by default, a given authority, and a server that asks for a certificate.
#![cfg(test)]

use emqx_rebalance_client::{Cluster, ClusterConfig, Tls};
use emqx_rebalance_core::{Error, ErrorKind};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
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

    /// A server that vouches for itself, for `host` from one year to another, and says of itself that it
    /// is an authority, as `openssl req -x509` has it. `ca.pem` is its own certificate.
    fn of_itself(host: &str, years: (i32, i32), is_ca: bool) -> Self {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        if is_ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        params.not_before = date_time_ymd(years.0, 1, 1);
        params.not_after = date_time_ymd(years.1, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        let authority = certificate.der().clone();
        Self { folder, chain: vec![authority.clone()], authority, key }
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
async fn an_authority_may_be_given_as_text() {
    let pki = Pki::new();
    let url = pki.serve(false).await;
    let text = std::fs::read(pki.path("ca.pem").unwrap()).unwrap();
    let tls = Tls { ca_pem: Some(text), ..Tls::default() };
    assert_eq!(pki.connect(&url, tls).await.kind(), ErrorKind::Forbidden);
    let nonsense = Tls { ca_pem: Some(b"nonsense".to_vec()), ..Tls::default() };
    let error = pki.connect(&url, nonsense).await;
    assert!(error.to_string().contains("`ca_pem` is `in memory`"), "{error}");
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

#[tokio::test]
async fn a_server_s_own_certificate_may_be_given() {
    for is_ca in [true, false] {
        let pki = Pki::of_itself("127.0.0.1", (2020, 2100), is_ca);
        let url = pki.serve(false).await;
        let tls = Tls { ca_cert: pki.path("ca.pem"), ..Tls::default() };
        let error = pki.connect(&url, tls).await;
        assert_eq!(error.kind(), ErrorKind::Forbidden, "{is_ca}: {error}");
    }
}

/// What is wrong with a certificate decides the words, also where it was given itself.
#[tokio::test]
async fn each_bad_certificate_has_its_words() {
    for (host, years, word, says) in [
        ("other.example", (2020, 2100), "wrong_host", "for other names"),
        ("127.0.0.1", (2020, 2021), "expired", "has expired"),
        ("127.0.0.1", (2090, 2100), "not_yet_valid", "not valid yet"),
    ] {
        for is_ca in [true, false] {
            let pki = Pki::of_itself(host, years, is_ca);
            let url = pki.serve(false).await;
            let tls = Tls { ca_cert: pki.path("ca.pem"), ..Tls::default() };
            let error = pki.connect(&url, tls).await;
            assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
            assert_eq!(error.context()["tls"], word, "{is_ca}: {error}");
            assert!(error.message().contains(says), "{error}");
        }
    }
}

#[tokio::test]
async fn what_was_given_already_is_not_asked_for_again() {
    let (pki, other) = (Pki::new(), Pki::new());
    let url = pki.serve(false).await;
    let error = pki.connect(&url, Tls::default()).await;
    assert!(error.message().contains("give the CA file"), "{error}");
    let error = pki.connect(&url, Tls { ca_cert: other.path("ca.pem"), ..Tls::default() }).await;
    assert_eq!(error.context()["tls"], "unknown_issuer");
    assert!(error.message().contains("no authority in the given CA file"), "{error}");

    let url = pki.serve(true).await;
    let ca_cert = pki.path("ca.pem");
    let error = pki.connect(&url, Tls { ca_cert: ca_cert.clone(), ..Tls::default() }).await;
    assert_eq!(
        error.context().get("tls").map(String::as_str),
        Some("client_certificate"),
        "{error}"
    );
    assert!(error.message().contains("wants a client certificate"), "{error}");
    let stranger = Tls {
        ca_cert,
        client_cert: other.path("client.pem"),
        client_key: other.path("client.key"),
        ..Tls::default()
    };
    let error = pki.connect(&url, stranger).await;
    assert_eq!(
        error.context().get("tls").map(String::as_str),
        Some("client_certificate"),
        "{error}"
    );
    assert!(error.message().contains("does not take the client certificate"), "{error}");
}

/// Nobody but who has the key of a given certificate can be the server.
#[tokio::test]
async fn a_given_certificate_without_its_key_is_not_taken() {
    let mut pki = Pki::of_itself("127.0.0.1", (2020, 2100), true);
    let url = pki.serve(false).await;
    let another = Pki::of_itself("127.0.0.1", (2020, 2100), true);
    std::fs::copy(another.folder.path().join("ca.pem"), pki.folder.path().join("ca.pem")).unwrap();
    pki.authority = another.authority;
    let error = pki.connect(&url, Tls { ca_cert: pki.path("ca.pem"), ..Tls::default() }).await;
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
}
