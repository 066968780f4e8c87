//! Every fault at every moment, alone and two at a time: the driver against EMQX's coordinator over a
//! network that loses, in the smallest cluster in which there is something to do.
//!
//! Nothing is drawn. A calm drive tells how many requests there are, how many steps, and how long it
//! takes; each of those is a moment at which each fault is tried. That bounds what is looked at: faults
//! come in pairs at most, and at moments that the calm drive has.

use super::found::scenario;
use super::host::Host;
use super::scenario::{Blow, Mishap, Scenario, Trouble, What, When, Work};
use super::{check, told};
use crate::node;
use emqx_rebalance_sim::{Fate, Fault, Release};

const WORKS: [Work; 3] =
    [Work::Single { coordinator: 1 }, Work::Level, Work::Evacuation { node: 0 }];
/// One of each API, and the newest.
const RELEASES: [Release; 4] = [Release::V4_4, Release::V5_3, Release::V5_8, Release::V6_2];

/// A fault and its moment.
#[derive(Clone, Debug)]
enum Moment {
    /// What the network does to the request before which so many were sent.
    Request(usize, Fate),
    Step(usize, Blow),
    At(u64, Happening),
}

#[derive(Clone, Copy, Debug)]
enum Happening {
    UserStops,
    CoordinatorCrashes,
    SomebodyStops,
    SomebodyStarts,
    NodeDies { place: usize, boots: bool },
    NodeHangs { place: usize },
}

const FATES: [Fate; 4] = [
    // Refused, silently lost, lost on its way back, and late: it arrives when it was given up.
    Fate::Lost { arrives_after_ms: None, told_after_ms: 0 },
    Fate::Lost { arrives_after_ms: None, told_after_ms: NEVER_MS },
    Fate::Lost { arrives_after_ms: Some(0), told_after_ms: NEVER_MS },
    Fate::Lost { arrives_after_ms: Some(2_500), told_after_ms: 1_000 },
];
const BLOWS: [Blow; 3] = [
    Blow::Death { before_sending: true, for_ms: 0, skew_s: 0 },
    Blow::Death { before_sending: false, for_ms: 0, skew_s: 0 },
    Blow::Death { before_sending: false, for_ms: 20_000, skew_s: 0 },
];
const HAPPENINGS: [Happening; 8] = [
    Happening::UserStops,
    Happening::CoordinatorCrashes,
    Happening::SomebodyStops,
    Happening::SomebodyStarts,
    Happening::NodeDies { place: 0, boots: true },
    Happening::NodeDies { place: 1, boots: false },
    Happening::NodeHangs { place: 0 },
    Happening::NodeHangs { place: 1 },
];
/// Longer than anybody waits for an answer.
const NEVER_MS: u64 = 1_000_000;

/// A few clients on one of two nodes, moved in four ticks.
fn calm(release: Release, work: Work) -> Scenario {
    let mut calm = scenario(release, &[24, 0], work, Vec::new());
    (calm.rate, calm.waits) = (3, (1, 1));
    (calm.patience.empty_polls, calm.patience.settle_s) = (2, 5);
    calm
}

/// Every fault at every moment that a calm drive has.
fn moments(calm: &Scenario) -> Vec<Moment> {
    let mut host = Host::new(calm);
    assert!(host.drive(), "{}", told(&host));
    let requests = 0..host.sent.len();
    let requests = requests.flat_map(|at| FATES.map(|fate| Moment::Request(at, fate)));
    let steps = (1..=host.steps).flat_map(|at| BLOWS.map(|blow| Moment::Step(at, blow)));
    let times = (0..host.now().as_ms()).step_by(1000);
    let times = times.flat_map(|at| HAPPENINGS.map(|what| Moment::At(at, what)));
    requests.chain(steps).chain(times).collect()
}

impl Scenario {
    fn with(mut self, moment: &Moment) -> Self {
        match *moment {
            Moment::Request(before, fate) => self.fates.push((before, fate)),
            Moment::Step(step, what) => self.mishaps.push(Mishap { step, what }),
            Moment::At(at, Happening::UserStops) => self.stop_at_ms = Some(at),
            Moment::At(at, what) => {
                let what = what.follows();
                self.troubles.push(Trouble { when: When::At(at), what });
            }
        }
        self
    }
}

impl Happening {
    fn follows(self) -> Vec<(u64, What)> {
        let coordinator = || node(2);
        match self {
            Self::UserStops => Vec::new(),
            Self::CoordinatorCrashes => {
                vec![(0, What::Emqx(Fault::CoordinatorCrash { node: coordinator() }))]
            }
            Self::SomebodyStops => {
                vec![(0, What::Emqx(Fault::ForeignStop { coordinator: coordinator() }))]
            }
            Self::SomebodyStarts => vec![(0, What::Twin(0))],
            Self::NodeDies { place, boots } => {
                let node = node(place + 1);
                let dies = (0, What::Emqx(Fault::NodeKilled { node: node.clone() }));
                let boots = boots.then_some((3_000, What::Emqx(Fault::NodeRestarted { node })));
                std::iter::once(dies).chain(boots).collect()
            }
            Self::NodeHangs { place } => {
                let node = node(place + 1);
                let hangs = What::Emqx(Fault::NodeHung { node: node.clone() });
                vec![(0, hangs), (8_000, What::Emqx(Fault::NodeResumed { node }))]
            }
        }
    }
}

/// Drives it; what is wrong with how it ends, with the case that shows it.
fn check(calm: &Scenario, moments: &[&Moment]) {
    let scenario = moments.iter().fold(calm.clone(), |scenario, moment| scenario.with(moment));
    let mut host = Host::new(&scenario);
    let has_verdict = host.drive();
    let case = || format!("{:?}, {:?}, {moments:?}", scenario.config.personality, scenario.work);
    assert!(has_verdict, "{}: no verdict {}", case(), told(&host));
    assert!(host.wrong.is_empty(), "{}: {}", case(), told(&host));
    if let Err(wrong) = check::verdict(&mut host) {
        panic!("{}: {wrong} {}", case(), told(&host));
    }
}

fn two(calm: &Scenario, is_first: impl Fn(&Moment) -> bool) {
    let moments = moments(calm);
    for (i, first) in moments.iter().enumerate().filter(|(_, first)| is_first(first)) {
        for second in &moments[i + 1..] {
            check(calm, &[first, second]);
        }
    }
}

#[test]
fn one_fault_at_any_moment() {
    for release in RELEASES {
        for work in WORKS {
            let calm = calm(release, work);
            let moments = moments(&calm);
            assert!(moments.len() > 200, "only {} cases are tried", moments.len());
            for moment in &moments {
                check(&calm, &[moment]);
            }
        }
    }
}

/// What befalls the start, or who sends it, and anything else besides.
#[test]
fn a_fault_of_the_start_and_another_at_any_moment() {
    let calm = calm(Release::V5_8, Work::Single { coordinator: 1 });
    let mut host = Host::new(&calm);
    assert!(host.drive(), "{}", told(&host));
    let start = host.sent.iter().position(|sent| sent.purpose.is_start()).unwrap();
    two(&calm, |first| matches!(first, Moment::Request(before, _) if *before == start));
}

/// Takes about ten minutes for each release and work: `cargo xtask soak` runs it.
#[test]
#[ignore = "takes hours: run by `cargo xtask soak`"]
fn two_faults_at_any_two_moments() {
    for release in RELEASES {
        for work in WORKS {
            two(&calm(release, work), |_| true);
        }
    }
}
