//! The life of one client.

use crate::config::Reconnect;
use crate::identity::Identity;
use crate::link::{Link, Loss};
use crate::session::Session;
use crate::tally::Shared;
use crate::wire::{self, Incoming};
use fastrand::Rng;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// What the whole swarm does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stage {
    /// Clients live.
    Running,
    /// Nothing new is published; messages on their way arrive.
    Draining,
    /// Everyone disconnects.
    Ending,
}

/// Where a client connects.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// Where it goes until it has been connected once.
    pub(crate) placed: Option<SocketAddr>,
    /// Where it goes otherwise, one after the other.
    pub(crate) targets: Arc<[SocketAddr]>,
}

/// One client.
pub(crate) struct Client {
    shared: Arc<Shared>,
    session: Session,
    stage: watch::Receiver<Stage>,
    route: Route,
    random: Rng,
    /// Attempts since it was connected.
    attempts: u32,
    was_connected: bool,
    lost_at: Option<Instant>,
}

impl Client {
    pub(crate) fn new(
        index: u64,
        shared: Arc<Shared>,
        stage: watch::Receiver<Stage>,
        route: Route,
    ) -> Self {
        let identity = Identity::new(index, &shared.config);
        // Neighbours' seeds are not each other's neighbours.
        let own = Rng::with_seed(index).u64(..);
        let mut random = Rng::with_seed(shared.config.seed ^ own);
        let session = Session::new(identity, Arc::clone(&shared), random.f64());
        Self {
            shared,
            session,
            stage,
            route,
            random,
            attempts: 0,
            was_connected: false,
            lost_at: None,
        }
    }

    /// Lives until the swarm ends. `permit` is held during the first attempt.
    pub(crate) async fn live(mut self, permit: OwnedSemaphorePermit) {
        let mut permit = Some(permit);
        loop {
            let link = self.connect().await;
            drop(permit.take());
            if let Some(mut link) = link {
                let loss = self.serve(&mut link).await;
                self.shared.disconnected(loss);
                self.lost_at = Some(Instant::now());
            }
            if self.is_ending() || !self.wait().await {
                return;
            }
        }
    }

    /// Tries to connect once. Whatever happens is counted.
    async fn connect(&mut self) -> Option<Link> {
        let began = Instant::now();
        let limit = Duration::from_millis(self.shared.config.connect_timeout_ms);
        let attempt = timeout(limit, self.shake_hands());
        let answer = tokio::select! {
            answer = attempt => answer.unwrap_or(Err(Loss::TimedOut)),
            () = ending(self.stage.clone()) => return None,
        };
        self.attempts = self.attempts.saturating_add(1);
        let identity = &self.session.identity;
        match answer {
            Ok((link, is_session_present, 0)) => {
                self.shared.connected(identity, is_session_present, began, self.lost_at);
                self.attempts = 0;
                self.was_connected = true;
                self.greet(link, is_session_present)
            }
            Ok((_, _, code)) => {
                self.shared.refused(identity, code);
                None
            }
            Err(loss) => {
                self.shared.failed(loss);
                None
            }
        }
    }

    /// CONNECT and CONNACK: whether the broker kept the session, and its code.
    async fn shake_hands(&self) -> Result<(Link, bool, u8), Loss> {
        let identity = &self.session.identity;
        let mut link = Link::open(self.target().ok_or(Loss::Other)?, identity.version).await?;
        link.send(&wire::connect(identity, &self.shared.config))?;
        loop {
            link.ready().await?;
            link.exchange();
            // What came with the CONNACK stays for later: messages may follow it at once.
            if let Some(Incoming::Connected { session_present, code }) = link.next()? {
                return Ok((link, session_present, code));
            }
        }
    }

    /// Says what a client says first; a link that is broken already is left to be found so.
    fn greet(&mut self, mut link: Link, is_session_present: bool) -> Option<Link> {
        match link.send(&self.session.opened(is_session_present)) {
            Ok(()) => Some(link),
            Err(loss) => {
                self.shared.disconnected(Some(loss));
                self.lost_at = Some(Instant::now());
                None
            }
        }
    }

    /// Stays connected until the connection is lost, or the swarm ends: then `None`.
    async fn serve(&mut self, link: &mut Link) -> Option<Loss> {
        loop {
            if let Err(loss) = self.hear_all(link) {
                return Some(loss);
            }
            let due = self.session.due();
            let step = tokio::select! {
                ready = link.ready() => ready.map(|()| link.exchange()),
                () = until(due) => self.session.tick().and_then(|bytes| link.send(&bytes)),
                _ = self.stage.changed() => {
                    if self.is_ending() {
                        return link.send(&wire::disconnect()).err();
                    }
                    self.session.finish();
                    Ok(())
                }
            };
            if let Err(loss) = step {
                return Some(loss);
            }
        }
    }

    fn hear_all(&mut self, link: &mut Link) -> Result<(), Loss> {
        while let Some(incoming) = link.next()? {
            let answer = self.session.hear(incoming)?;
            if !answer.is_empty() {
                link.send(&answer)?;
            }
        }
        Ok(())
    }

    /// Waits before the next attempt; `false` if the swarm ends meanwhile.
    async fn wait(&mut self) -> bool {
        let drawn = self.random.f64();
        let Some(pause) = pause(self.rules(), self.attempts, drawn) else {
            self.shared.stays_away(&self.session.identity);
            ending(self.stage.clone()).await;
            return false;
        };
        tokio::select! {
            () = sleep(pause) => true,
            () = ending(self.stage.clone()) => false,
        }
    }

    fn target(&self) -> Option<SocketAddr> {
        if let Some(placed) = self.route.placed.filter(|_| !self.was_connected) {
            return Some(placed);
        }
        let targets = &self.route.targets;
        let turn = self.session.identity.index.wrapping_add(self.attempts.into());
        let place = turn.checked_rem(targets.len() as u64)?;
        targets.get(usize::try_from(place).ok()?).copied()
    }

    fn rules(&self) -> &Reconnect {
        &self.shared.config.reconnect
    }

    fn is_ending(&self) -> bool {
        *self.stage.borrow() == Stage::Ending
    }
}

/// How long a client waits that has failed `attempts` times and drew a number from 0 to less than 1;
/// `None` if it never comes back.
fn pause(rules: &Reconnect, attempts: u32, drawn: f64) -> Option<Duration> {
    match &rules.profile {
        Some(profile) if attempts == 0 => profile.back_after(drawn).map(Duration::from_secs_f64),
        _ => {
            let varied = 1.0 + (2.0 * drawn - 1.0) * rules.jitter;
            Some(delay(rules, attempts).mul_f64(varied.max(0.0)))
        }
    }
}

/// The pause after `attempts` failed ones, before it is varied.
fn delay(rules: &Reconnect, attempts: u32) -> Duration {
    let limit = Duration::from_millis(rules.max_ms);
    let grown = rules.factor.powi(i32::try_from(attempts).unwrap_or(i32::MAX));
    let seconds = Duration::from_millis(rules.delay_ms).as_secs_f64() * grown;
    Duration::try_from_secs_f64(seconds).unwrap_or(limit).min(limit)
}

async fn ending(mut stage: watch::Receiver<Stage>) {
    // An error means that the swarm is gone, which is an end too.
    _ = stage.wait_for(|stage| *stage == Stage::Ending).await;
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use emqx_rebalance_core::ReconnectProfile;

    #[test]
    fn the_pause_grows_to_its_limit() {
        let rules =
            Reconnect { delay_ms: 100, factor: 3.0, max_ms: 1000, jitter: 0.0, profile: None };
        let pauses: Vec<u128> = (0..4).map(|n| delay(&rules, n).as_millis()).collect();
        assert_eq!(pauses, [100, 300, 900, 1000]);
        assert_eq!(delay(&rules, u32::MAX).as_millis(), 1000);
    }

    #[test]
    fn a_profile_says_when_the_first_attempt_is_and_backoff_the_next() {
        let profile = ReconnectProfile::new(&[(2.0, 0.0), (4.0, 0.5)]).unwrap();
        let rules = Reconnect { profile: Some(profile), jitter: 0.0, ..Reconnect::default() };
        let ms = |attempts, drawn| pause(&rules, attempts, drawn).map(|pause| pause.as_millis());
        assert_eq!(
            [0.0, 0.25, 0.5, 0.9].map(|drawn| ms(0, drawn)),
            [Some(2000), Some(3000), None, None]
        );
        assert_eq!([ms(1, 0.0), ms(2, 0.9)], [Some(2000), Some(4000)]);
    }
}
