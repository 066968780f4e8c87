//! Secrets where none belongs: the error names the place, and not what stands there.

use super::scene::{Scene, Way};
use crate::command::{binary, finish};
use emqx_rebalance_testkit::canary::Canaries;

#[test]
fn a_url_with_a_secret_is_refused_without_it() {
    let list = Canaries::list();
    let secret = list.secret("url_password");
    let urls = [
        format!("http://me:{secret}@127.0.0.1:1"),
        format!("https://{secret}@127.0.0.1:1/api"),
        format!("me:{secret}@127.0.0.1:1"),
        format!("http://me:{secret}@127.0.0.1:port"),
        format!("http://127.0.0.1:1/?token={secret}"),
        format!("http://127.0.0.1:1/#{secret}"),
        format!("http://127.0.0.1:1/?x=a@b&token={secret}"),
        // A comma parts URLs.
        format!("http://me:{secret},@127.0.0.1:1"),
    ];
    for url in &urls {
        let node = format!("a@h={url}");
        for args in [["--url", url], ["--node-url", url], ["--node-url", &node]] {
            for output in ["text", "json"] {
                let mut command = binary(&["status", "--output", output]);
                let said = finish(command.env("EMQX_URL", "http://127.0.0.1:1").args(args), "");
                assert_eq!(said.code, Some(2), "{args:?}: {}", said.err);
                list.assert_none_in(&format!("{args:?}"), said.out + &said.err);
            }
        }
        let said = finish(binary(&["status"]).env("EMQX_URL", url), "");
        assert_eq!(said.code, Some(2), "{url}: {}", said.err);
        list.assert_none_in(url, said.out + &said.err);
    }
}

#[test]
fn a_file_that_holds_no_usable_secret_is_named_without_it() {
    let list = Canaries::list();
    let scene = Scene::at(vec!["http://127.0.0.1:1".to_owned()]);
    let file = scene.folder().join("given");
    let key = list.secret("client_key");
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n");
    for bytes in [key.to_owned(), pem, format!("{key}\n{key}\n"), format!("{key}\u{0}\u{1b}[2J")] {
        std::fs::write(&file, &bytes).unwrap();
        let path = file.to_str().unwrap();
        for args in [
            &["--ca-cert", path][..],
            &["--client-cert", path, "--client-key", path],
            &["--api-key", "k", "--api-secret-file", path],
            &["--username", "u", "--password-file", path],
        ] {
            let mut command = binary(&["status", "--url", "https://127.0.0.1:1"]);
            let said = finish(command.args(args), "");
            assert_ne!(said.code, Some(0), "{args:?}");
            list.assert_none_in(&format!("{args:?}"), said.out + &said.err);
        }
    }
}

/// Both are often copied together.
#[test]
fn a_key_or_a_user_name_that_holds_a_secret_is_not_repeated() {
    let list = Canaries::list();
    let scene = Scene::at(vec!["http://127.0.0.1:1".to_owned()]);
    let pair = format!("{}:{}", list.api_key, list.secret("api_secret"));
    for (way, variable) in [(Way::Key, "EMQX_API_KEY"), (Way::Login, "EMQX_USERNAME")] {
        let said = finish(scene.command(way, &["status"]).env(variable, &pair), "");
        assert_ne!(said.code, Some(0));
        list.assert_none_in(variable, said.out + &said.err);
    }
}
