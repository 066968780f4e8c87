//! Drivers in random trouble: what they say is held against what the simulated EMQX really did.

mod aims;
mod check;
mod crowd;
mod everything;
mod found;
mod host;
mod line;
mod scenario;
mod subject;
mod truth;

use emqx_rebalance_testkit::cases::cases;
use host::Host;
use proptest::prelude::*;
use scenario::{Scenario, bad_line, chaos, lost_clients, slow_fleets};

fn told(host: &Host) -> String {
    let events: Vec<String> =
        host.events.iter().map(|(at, event)| format!("{:>9} {event:?}", at.as_ms())).collect();
    format!(
        "at {} ms: {:?}\n{}\nwrong: {:#?}\ntruth: begun {:?}, running {:?}, ends {:?}",
        host.now().as_ms(),
        host.subject.outcome(),
        events.join("\n"),
        host.wrong,
        host.truth.begun,
        host.truth.ours,
        host.truth.ends
    )
}

fn driven(scenario: &Scenario) -> Result<Host, TestCaseError> {
    let mut host = Host::new(scenario);
    let has_verdict = host.drive();
    prop_assert!(has_verdict, "no verdict {}", told(&host));
    prop_assert!(host.wrong.is_empty(), "{}", told(&host));
    Ok(host)
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn whatever_happens_the_verdict_is_true(scenario in chaos()) {
        let mut host = driven(&scenario)?;
        if let Err(wrong) = check::verdict(&mut host) {
            prop_assert!(false, "{wrong} {}", told(&host));
        }
    }

    #[test]
    fn a_driver_that_dies_and_hears_badly_still_succeeds(scenario in bad_line()) {
        let mut host = driven(&scenario)?;
        let checked = aims::success(&host).and_then(|()| check::verdict(&mut host));
        if let Err(wrong) = checked {
            prop_assert!(false, "{wrong} {}", told(&host));
        }
    }

    #[test]
    fn clients_that_do_not_come_back_are_few(scenario in lost_clients()) {
        let mut host = driven(&scenario)?;
        let checked = aims::bounded(&host).and_then(|()| check::verdict(&mut host));
        if let Err(wrong) = checked {
            prop_assert!(false, "{wrong} {}", told(&host));
        }
    }

    #[test]
    fn slow_clients_are_not_taken_for_lost_ones(scenario in slow_fleets()) {
        let mut host = driven(&scenario)?;
        let checked = aims::guarded(&host).and_then(|()| check::verdict(&mut host));
        if let Err(wrong) = checked {
            prop_assert!(false, "{wrong} {}", told(&host));
        }
    }
}
