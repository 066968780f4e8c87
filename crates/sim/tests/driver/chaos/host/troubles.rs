//! What befalls the cluster, its clients and its answers while the driver is at work.

use super::Host;
use crate::chaos::crowd::Plight;
use crate::chaos::scenario::{Moment, What, When};
use crate::chaos::truth::By;
use emqx_rebalance_core::Timestamp;
use emqx_rebalance_core::driver::Event;
use emqx_rebalance_sim::Fault;

impl Host {
    /// Puts on the agenda what is to happen at a time, or after something that has happened.
    pub(super) fn await_troubles(&mut self) {
        for trouble in std::mem::take(&mut self.awaited) {
            let begins = match trouble.when {
                When::At(ms) => Some(Timestamp::from_ms(ms)),
                When::After(moment, ms) => {
                    let mut seen = self.events.iter().filter(|(_, event)| is_it(moment, event));
                    seen.next().map(|(at, _)| at.plus_ms(ms))
                }
            };
            match begins {
                Some(at) => {
                    let dated =
                        trouble.what.into_iter().map(|(after, what)| (at.plus_ms(after), what));
                    self.agenda.extend(dated);
                }
                None => self.awaited.push(trouble),
            }
        }
        self.agenda.sort_by_key(|(at, _)| *at);
    }

    pub(super) fn do_what_is_due(&mut self) {
        let now = self.now();
        while self.agenda.first().is_some_and(|(at, _)| *at <= now) {
            let (_, what) = self.agenda.remove(0);
            self.befall(what);
        }
    }

    fn befall(&mut self, what: What) {
        match what {
            What::Emqx(fault) => self.inject(&fault),
            What::Clients(plight) => self.befall_clients(&plight),
            What::Twin(run) => {
                if let Some(fault) = self.twin(run) {
                    self.inject(&fault);
                }
            }
            What::Lie(lie, for_ms) => self.lies.push((self.now().plus_ms(for_ms), lie)),
            What::Key(is_good) => self.has_key = is_good,
        }
    }

    fn befall_clients(&mut self, plight: &Plight) {
        self.crowd.befall(self.now(), plight);
        self.look(By::Time);
    }

    /// One that cannot happen does not.
    fn inject(&mut self, fault: &Fault) {
        let _happened = self.simulation.inject(fault);
        self.look(By::Fault(fault));
    }

    fn twin(&self, run: usize) -> Option<Fault> {
        if let Some(node) = self.subject.emptied() {
            return Some(Fault::ForeignEvacuation { node: node.clone() });
        }
        let run = self.subject.plan()?.runs.get(run)?;
        Some(Fault::ForeignRun {
            coordinator: run.coordinator.clone(),
            nodes: Some(run.nodes.clone()),
            strategy: run.strategy.clone(),
        })
    }
}

fn is_it(moment: Moment, event: &Event) -> bool {
    match moment {
        Moment::Starting => matches!(event, Event::Starting { .. }),
        Moment::Started => matches!(event, Event::Started { .. }),
        Moment::Gone => matches!(event, Event::Gone { .. }),
        Moment::Stopping => matches!(event, Event::Stopping { .. }),
        Moment::NextWave => matches!(event, Event::NextWave { .. }),
    }
}
