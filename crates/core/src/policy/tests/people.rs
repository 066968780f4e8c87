//! What people say to a policy: approvals, rejections, and stops.

use super::*;

fn consent(who: &str) -> Consent {
    Consent { who: who.to_owned(), why: Some("OPS-7".to_owned()), at: Timestamp::default() }
}

#[test]
fn a_proposal_starts_when_it_was_approved_and_its_window_is_open() {
    let windows = json!([{"cron": "0 2 * * *", "duration_s": "1h"}]);
    let mut scene = Scene::new(json!({"mode": "propose", "windows": windows}), UNEVEN);
    let _ = scene.look();
    let step = scene.pass(10);
    assert_eq!(
        (step.decision.reason, step.actions.as_slice()),
        (Reason::Proposed, &[Action::Propose][..])
    );
    assert_eq!(scene.pass(3).decision.reason, Reason::AwaitingApproval);
    assert_eq!(scene.say(Input::Approve(7, consent("ann"))).decision.reason, Reason::Withdrawn);
    let step = scene.say(Input::Approve(1, consent("ann")));
    assert_eq!(step.decision.detail, "ann approved proposal 1: OPS-7");
    let decision = scene.pass(1).decision;
    assert_eq!(decision.reason, Reason::OutsideWindow);
    assert!(decision.detail.starts_with("proposal 1, which ann approved, waits: no window"));
    let step = scene.pass(106);
    let [Action::Start { purpose, .. }] = step.actions.as_slice() else { panic!("{step:?}") };
    assert_eq!((purpose.who.as_deref(), purpose.reason.as_deref()), (Some("ann"), Some("OPS-7")));
}

#[test]
fn a_proposal_is_of_no_use_once_the_cluster_has_changed_or_somebody_says_no() {
    let mut scene = Scene::new(json!({"mode": "propose"}), UNEVEN);
    let _ = scene.look();
    let _ = scene.pass(10);
    scene.status = status(&[3900, 3334, 2000, 800]);
    let decision = scene.pass(1).decision;
    assert_eq!(decision.reason, Reason::Withdrawn);
    assert!(scene.engine.proposal().is_none());
    assert_eq!(scene.pass(1).decision.reason, Reason::Proposed, "{decision:?}");
    let step = scene.say(Input::Reject(2, consent("bob")));
    assert_eq!(
        (step.decision.reason, step.decision.who.as_deref()),
        (Reason::Rejected, Some("bob"))
    );
    assert_eq!(scene.pass(30).decision.reason, Reason::CoolDown);
    assert_eq!(scene.until(Reason::Proposed, 40), 30);
    assert_eq!(scene.engine.ledger().of_day(scene.now, false).0, 0, "a proposal is no rebalance");
    scene.policy.approval_s = 60;
    assert_eq!(scene.pass(1).decision.reason, Reason::Withdrawn);
}

#[test]
fn somebody_stops_the_run_that_is_on_and_nothing_else() {
    let mut scene =
        Scene::new(json!({"mode": "auto", "imbalance_for_s": 0, "node_settle_s": 0}), UNEVEN);
    let step = scene.say(Input::Stop(consent("ann")));
    assert_eq!(step.actions, []);
    assert_eq!(step.decision.detail, "ann wants a run stopped, and none is on: OPS-7");
    assert_eq!(scene.reason(), Reason::Started);
    let step = scene.say(Input::Stop(consent("ann")));
    assert_eq!((step.actions, step.decision.reason), (vec![Action::Stop], Reason::Stopping));
    assert_eq!(
        (step.decision.who.as_deref(), step.decision.detail.as_str()),
        (Some("ann"), "ann stops the run: OPS-7")
    );
}
