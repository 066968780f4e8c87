//! Secrets are given wherever a host may give one, and looked for in all that a host can show.
#![cfg(test)]

use emqx_rebalance_core::{Error, Loose};
use emqx_rebalance_exchange::sansio::{Cluster, HttpAnswer, HttpRequest, Talk};
use emqx_rebalance_exchange::{Access, Auth, Dialect, Nowhere, Question};
use emqx_rebalance_testkit::canary::Canaries;
use serde_json::{Value, json};

/// All that an error is to a host.
fn shown(error: &Error) -> String {
    format!("{error} {error:?} {}", serde_json::to_string(error).unwrap())
}

fn read(options: Value, dialect: Dialect) -> Result<Access, Error> {
    Access::read(serde_json::from_value::<Loose>(options).unwrap(), dialect, &Nowhere)
}

/// A cluster at one URL, and each way to say who asks.
fn clusters(list: &Canaries) -> Vec<Cluster> {
    let secret = |name| list.secret(name);
    let ways = [
        json!({ "key": list.api_key, "secret": secret("api_secret") }),
        json!({ "token": secret("token") }),
        json!({ "username": list.username, "password": secret("password") }),
    ];
    let access = ways.map(|auth| {
        read(json!({ "url": "http://n0", "auth": auth }), Dialect::JAVASCRIPT).unwrap()
    });
    for access in &access {
        list.assert_none_in("the access", format!("{access:?}"));
        assert!(!matches!(access.auth, Auth::Anonymous));
    }
    access.map(|access| Cluster::new(access).unwrap()).into_iter().collect()
}

fn answer(request: &HttpRequest, status: u16, body: &str) -> HttpAnswer {
    serde_json::from_value(json!({ "id": request.id, "status": status, "body": body })).unwrap()
}

/// What is never shown, and what is there to be shown, as far as it is no secret.
const SECRET: [&str; 7] =
    ["auth", "api_secret", "apiSecret", "password", "token", "no_option", "Token"];
const SHOWN: [&str; 4] = ["url", "urls", "node_urls", "nodeUrls"];

#[test]
fn a_secret_in_any_option_is_in_no_error() {
    let list = Canaries::list();
    let secret = list.secret("url_password");
    let url = |text: &str| (SHOWN.as_slice(), text.replace("SECRET", secret));
    let texts = [
        (SECRET.as_slice(), secret.to_owned()),
        (SECRET.as_slice(), format!("{secret}\n")),
        url("http://u:SECRET@h"),
        url("http://u:SECRET,@h"),
        url("u:SECRET"),
        url("http://h?token=SECRET"),
    ];
    let mut refused = 0;
    for dialect in [Dialect::LUA, Dialect::PYTHON, Dialect::JAVASCRIPT] {
        for (options, text) in &texts {
            for option in *options {
                let swapped = json!({ (format!("{text}/")): "a@h" });
                for value in [json!(text), json!([text, 5]), json!({ "a@h": text }), swapped] {
                    // One problem more, so that it is refused in any case.
                    let error = read(json!({ *option: value, "url ": 1 }), dialect).unwrap_err();
                    list.assert_none_in(&format!("{option} {value}"), shown(&error));
                    refused += 1;
                }
            }
        }
    }
    assert_eq!(refused, 3 * 4 * (2 * SECRET.len() + 4 * SHOWN.len()));
}

#[test]
fn no_value_of_a_conversation_shows_a_secret() {
    let list = Canaries::list();
    for cluster in clusters(&list) {
        let mut talk = cluster.snapshot();
        let step = talk.step(0, Vec::new());
        list.assert_none_in("a question", format!("{cluster:?} {talk:?} {step:?}"));
        let sent = serde_json::to_string(&step.requests).unwrap();
        assert_eq!(list.found_in(sent.as_bytes()).len(), 1, "the request itself carries it");
        let token = json!({ "token": list.secret("token"), "version": "5.8.8" }).to_string();
        let login = answer(&step.requests[0], 200, &token);
        list.assert_none_in("an answer", format!("{login:?}"));
        let step = talk.step(1, vec![login]);
        list.assert_none_in("what follows", format!("{cluster:?} {talk:?} {step:?}"));
    }
}

/// A proxy that is set up badly says in its answer what it was sent, and so does any server that is
/// taken for EMQX.
#[test]
fn an_answer_that_repeats_who_asked_is_shown_without_it() {
    let list = Canaries::list();
    let questions = || [Question::Snapshot, Question::Status];
    for status in [200, 302, 400, 401, 403, 404, 409, 500, 503] {
        for is_json in [false, true] {
            for cluster in clusters(&list) {
                for question in questions() {
                    let error = repeated(cluster.ask(question), status, is_json);
                    list.assert_none_in(&format!("the error of {status}"), shown(&error));
                    assert!(shown(&error).contains("http://n0"), "{error}");
                }
            }
        }
    }
}

/// What comes of a conversation in which every answer repeats the request.
fn repeated<T: std::fmt::Debug + Send + 'static>(
    mut talk: Talk<T>,
    status: u16,
    is_json: bool,
) -> Error {
    let (mut answers, mut now_ms) = (Vec::new(), 0);
    loop {
        let step = talk.step(now_ms, std::mem::take(&mut answers));
        if let Some(result) = step.result {
            return result.unwrap_err();
        }
        for request in &step.requests {
            let sent = serde_json::to_string(request).unwrap();
            let error = json!({ "code": "BAD_REQUEST", "message": sent }).to_string();
            answers.push(answer(request, status, if is_json { &error } else { &sent }));
        }
        now_ms = if answers.is_empty() { step.wake_at_ms.unwrap() } else { now_ms + 1 };
    }
}
