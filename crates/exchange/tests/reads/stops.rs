//! Stops that do not get through to the node that they are about.

use crate::recorded::{WELL, absent, forbidden, name, well};
use crate::script::{answers, says};
use crate::{cluster, node_name};
use emqx_rebalance_core::{ErrorKind, NodeName};
use emqx_rebalance_exchange::sansio::{Cluster, Talk};
use emqx_rebalance_exchange::{Question, Reply};
use serde_json::json;

const COORDINATOR: usize = 4;

fn stopping(cluster: &Cluster) -> Talk<Vec<NodeName>> {
    let coordinator = node_name(COORDINATOR);
    cluster.talk(|cluster| async move { cluster.stop(Some(&coordinator)).await })
}

#[test]
fn a_stop_that_others_cannot_pass_on_is_given_to_the_node_itself() {
    let rpc_error = json!({ "code": "RPC_ERROR", "message": "{badrpc,nodedown}" });
    for failed in [answers(0, 503, &rpc_error), answers(15_000, 500, &json!("")), absent(), None] {
        let (mut script, cluster) = (well(), cluster());
        let stop = format!("load_rebalance/{}/stop", name(COORDINATOR));
        script.lines(&WELL, &stop, &failed);
        script.line(COORDINATOR, &stop, says(&json!({})));
        let stopped = script.ask(stopping(&cluster)).0.unwrap();
        assert_eq!(stopped, [node_name(COORDINATOR)], "{failed:?}");
        let open = format!("load_rebalance/{}/evacuation/stop", name(COORDINATOR));
        script.lines(&WELL, &open, &failed);
        script.line(COORDINATOR, &open, says(&json!({})));
        let opened = cluster.ask(Question::StopEvacuation(node_name(COORDINATOR)));
        assert!(matches!(script.ask(opened).0, Ok(Reply::WasEvacuated(true))), "{failed:?}");
    }
}

#[test]
fn a_stop_that_emqx_has_carried_out_or_does_not_allow_is_sent_once() {
    // Source: contract/6.0.3, 04_errors.
    let message = format!("error on node '{}': not_started", name(COORDINATOR));
    let none = json!({ "code": "BAD_REQUEST", "message": message });
    let stop = format!("load_rebalance/{}/stop", name(COORDINATOR));
    for answer in [says(&json!({})), answers(0, 400, &none), forbidden()] {
        let (mut script, cluster) = (well(), cluster());
        script.line(1, &stop, answer.clone());
        let stopped = script.ask(stopping(&cluster)).0;
        let is_refused = stopped.is_err_and(|error| error.kind() == ErrorKind::Forbidden);
        assert_eq!(is_refused, answer == forbidden());
        assert_eq!(script.sent.iter().filter(|(_, sent)| *sent == stop).count(), 1, "{answer:?}");
    }
}

#[test]
fn where_the_node_itself_is_silent_the_others_words_stand() {
    let (mut script, cluster) = (well(), cluster());
    script.hang(COORDINATOR);
    let stop = format!("load_rebalance/{}/stop", name(COORDINATOR));
    script.lines(&WELL, &stop, &absent());
    let error = script.ask(stopping(&cluster)).0.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownNode, "{error}");
}
