//! Whether the cluster can be reached, and by whom.

use super::check::{Check, CheckName as Name, CheckState as State};
use super::{Asker, Examined, Greeting, Readings, Visit};
use crate::error::{Error, ErrorKind};
use crate::node::NodeName;
use std::collections::BTreeMap;

pub(super) fn checks(examined: &Examined) -> Vec<Check> {
    let readings = examined.cluster.as_ref().ok();
    let mut checks: Vec<Check> = examined.urls.iter().map(|visit| url(visit, readings)).collect();
    checks.extend(clocks(examined));
    match &examined.cluster {
        Ok(_) => {
            checks.push(Check::ok(Name::Key, taken(&examined.asker)));
            checks.push(permission(&examined.asker));
        }
        // What is wrong with every URL was said already.
        Err(error) if examined.urls.iter().any(|visit| visit.answer.is_ok()) => {
            checks.push(unread(error));
        }
        Err(_) => {
            let detail = "not known: no URL answers";
            checks.push(Check::new(Name::Key, State::Unknown, detail));
        }
    }
    checks
}

fn url(visit: &Visit, readings: Option<&Readings>) -> Check {
    match &visit.answer {
        Ok(greeting) => answered(&visit.url, greeting, readings),
        Err(error) => {
            let check = Check::because(Name::Url, State::Problem, error);
            Check { detail: format!("{}: {}", visit.url, check.detail), ..check }
        }
    }
}

fn answered(url: &str, greeting: &Greeting, readings: Option<&Readings>) -> Check {
    let Some(node) = &greeting.node else {
        return Check::ok(Name::Url, format!("{url} answers, without a name that can be read"));
    };
    let detail = format!("{url} answers");
    let is_other = readings.is_some_and(|it| it.nodes.iter().all(|load| load.node != *node));
    let check = if is_other {
        let detail = format!("{detail}, with a node that is not in this cluster");
        let hint = "give the URLs of one cluster; one that joins it is seen once it has";
        Check::new(Name::Url, State::Problem, detail).hint(hint)
    } else if greeting.running {
        Check::ok(Name::Url, detail)
    } else {
        let detail = format!("{detail}, but EMQX does not run on it yet");
        Check::new(Name::Url, State::Warning, detail).hint("wait until it has booted")
    };
    check.about(node)
}

/// One check for each node that shows its time.
fn clocks(examined: &Examined) -> impl Iterator<Item = Check> {
    let visits = examined.urls.iter().map(|visit| &visit.answer);
    let doors = examined.cluster.iter().flat_map(|it| it.doors.iter().map(|door| &door.greeting));
    let heard = visits.chain(doors).flatten();
    let heard = heard.filter_map(|it| Some((it.node.as_ref()?, it.clock_ahead_s?)));
    let nearest = heard.fold(BTreeMap::<&NodeName, i64>::new(), |mut all, (node, ahead)| {
        let known = all.entry(node).or_insert(ahead);
        if ahead.abs() < known.abs() {
            *known = ahead;
        }
        all
    });
    nearest.into_iter().map(|(node, ahead)| clock(ahead).about(node))
}

fn clock(ahead_s: i64) -> Check {
    let seconds = ahead_s.unsigned_abs();
    if seconds <= MAX_APART_S {
        return Check::ok(Name::Clock, "its clock agrees with the one here");
    }
    let way = if ahead_s > 0 { "ahead of" } else { "behind" };
    let detail = format!("its clock is {seconds} s {way} the one here");
    let hint = "set both by NTP: times in logs and records do not fit together, certificates and \
                tokens may be taken as expired";
    Check::new(Name::Clock, State::Warning, detail).hint(hint)
}

/// EMQX's answer shows whole seconds, and may be late.
const MAX_APART_S: u64 = 5;

fn taken(asker: &Asker) -> String {
    let who = match asker {
        Asker::Anonymous => "EMQX answers without a key",
        Asker::ApiKey => "EMQX takes the API key",
        Asker::Token => "EMQX takes the token",
        Asker::Login { .. } => "EMQX takes the login",
    };
    format!("{who} and lets it read the nodes")
}

/// Why nothing was read, though somebody answers.
fn unread(error: &Error) -> Check {
    match error.kind() {
        ErrorKind::Unauthorized => Check::because(Name::Key, State::Problem, error),
        ErrorKind::Forbidden => Check::because(Name::Permission, State::Problem, error),
        _ => Check::because(Name::Node, State::Problem, error),
    }
}

fn permission(asker: &Asker) -> Check {
    match asker {
        Asker::Login { role: Some(role) } if role == VIEWER => {
            let detail = "this user is a viewer, who may read and start nothing";
            let hint = "log in as an administrator";
            Check::new(Name::Permission, State::Problem, detail).hint(hint)
        }
        Asker::Login { role: Some(role) } => {
            Check::ok(Name::Permission, format!("this user's role is {role}"))
        }
        _ => {
            let detail = "reading is allowed; whether a start is, EMQX does not tell beforehand";
            let hint = "in the dashboard, the key's role must be administrator (a viewer's key reads \
                        everything and starts nothing)";
            Check::new(Name::Permission, State::Unknown, detail).hint(hint)
        }
    }
}

/// EMQX's word for a role that may only read.
const VIEWER: &str = "viewer";
