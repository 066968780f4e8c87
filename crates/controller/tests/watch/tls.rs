//! A cluster behind TLS, whose authority is in the Secret.

use crate::api::Key;
use crate::scene::{Scene, base64, condition, phase, within};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// TLS in front of a node; it ends with the tasks.
struct Guarded {
    url: String,
    authority: String,
    _tasks: JoinSet<()>,
}

async fn guard(node: SocketAddr) -> Guarded {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            connections.spawn(async move {
                let Ok(mut inward) = acceptor.accept(socket).await else { return };
                let mut outward = TcpStream::connect(node).await.unwrap();
                drop(copy_bidirectional(&mut inward, &mut outward).await);
            });
        }
    });
    Guarded { url, authority: issuer.as_ref().pem(), _tasks: tasks }
}

#[tokio::test]
async fn the_cluster_s_authority_is_trusted_and_nobody_else() {
    let test = async {
        let scene = Scene::of(&[200, 200]).await;
        let guarded = guard(scene.emqx.addresses()[0]).await;
        let url = json!({"rebalance.emqx.io/url": guarded.url});
        let stranger = scene.rebalance("a-stranger", url.clone());
        let message = scene
            .until(&stranger, |object| {
                Some(condition(object, "Waiting")?["message"].as_str()?.to_owned())
            })
            .await;
        assert!(message.contains("certificate"), "{message}");
        scene.api.state.delete(&stranger);
        scene.gone(&stranger).await;
        let patch = json!({"data": {"ca.crt": base64(&guarded.authority)}});
        scene.api.state.patch(&Key::new("secrets", "emqx-key"), &patch);
        let known = scene.rebalance("b-known", url);
        let object = scene.ended(&known).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
    };
    within(60, test).await;
}
