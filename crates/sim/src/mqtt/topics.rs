//! Who subscribed to what.

use super::session::SessionId;
use mqtt5_protocol::topic_matching::{is_valid_filter, matches};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

/// One subscription of one session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Subscription {
    pub(super) session: SessionId,
    pub(super) qos: u8,
    pub(super) no_local: bool,
    pub(super) retain_as_published: bool,
    pub(super) id: Option<NonZeroU32>,
}

/// Every subscription of the cluster. A topic of one's own costs no tree of levels.
#[derive(Debug, Default)]
pub(super) struct Topics {
    exact: BTreeMap<Arc<str>, Vec<Subscription>>,
    wild: Level,
    shared: BTreeMap<Arc<str>, Group>,
}

#[derive(Debug, Default)]
struct Level {
    here: Vec<Subscription>,
    below: BTreeMap<Box<str>, Self>,
}

/// The members of a shared subscription get a message each in turn, as EMQX's `round_robin`.
#[derive(Debug, Default)]
struct Group {
    members: Vec<Subscription>,
    turn: usize,
}

/// Whether `filter` can be subscribed to.
pub(super) fn is_filter(filter: &str) -> bool {
    if filter.starts_with(SHARE) {
        let group = filter.split('/').nth(1).unwrap_or_default();
        let rest = shared_filter(filter);
        return !group.is_empty() && !group.contains(['+', '#']) && is_valid_filter(rest);
    }
    is_valid_filter(filter)
}

/// Whether `filter` is that of a shared subscription.
pub(super) fn is_shared(filter: &str) -> bool {
    filter.starts_with(SHARE)
}

fn shared_filter(filter: &str) -> &str {
    filter.splitn(3, '/').nth(2).unwrap_or_default()
}

impl Topics {
    /// Adds a subscription, or replaces the session's own to the same filter. Whether it is new.
    pub(super) fn subscribe(&mut self, filter: &Arc<str>, subscription: Subscription) -> bool {
        let list = if is_shared(filter) {
            &mut self.shared.entry(Arc::clone(filter)).or_default().members
        } else if filter.contains(['+', '#']) {
            self.wild.at(filter)
        } else {
            self.exact.entry(Arc::clone(filter)).or_default()
        };
        let own = list.iter_mut().find(|other| other.session == subscription.session);
        match own {
            Some(own) => {
                *own = subscription;
                false
            }
            None => {
                list.push(subscription);
                true
            }
        }
    }

    /// Takes the session's subscription to `filter` away.
    pub(super) fn unsubscribe(&mut self, filter: &str, session: SessionId) {
        if is_shared(filter) {
            if let Some(group) = self.shared.get_mut(filter) {
                group.members.retain(|other| other.session != session);
                if group.members.is_empty() {
                    self.shared.remove(filter);
                }
            }
        } else if filter.contains(['+', '#']) {
            let levels: Vec<&str> = filter.split('/').collect();
            self.wild.remove(&levels, session);
        } else if let Some(list) = self.exact.get_mut(filter) {
            list.retain(|other| other.session != session);
            if list.is_empty() {
                self.exact.remove(filter);
            }
        }
    }

    /// Everyone who gets what is published to `topic`; of a shared subscription the member whose
    /// turn it is among those `is_here` says are connected, or among all if none is.
    pub(super) fn subscribers(
        &mut self,
        topic: &str,
        is_here: impl Fn(SessionId) -> bool,
    ) -> Vec<Subscription> {
        let mut found = self.exact.get(topic).cloned().unwrap_or_default();
        if !self.wild.below.is_empty() {
            let levels: Vec<&str> = topic.split('/').collect();
            self.wild.collect(&levels, topic.starts_with('$'), &mut found);
        }
        for (filter, group) in &mut self.shared {
            if matches(topic, shared_filter(filter)) {
                found.extend(group.next(&is_here));
            }
        }
        found
    }
}

impl Group {
    fn next(&mut self, is_here: impl Fn(SessionId) -> bool) -> Option<Subscription> {
        let here: Vec<Subscription> =
            self.members.iter().copied().filter(|member| is_here(member.session)).collect();
        let members = if here.is_empty() { &self.members } else { &here };
        self.turn = (self.turn + 1) % members.len().max(1);
        members.get(self.turn).copied()
    }
}

impl Level {
    fn at(&mut self, filter: &str) -> &mut Vec<Subscription> {
        let mut level = self;
        for name in filter.split('/') {
            level = level.below.entry(name.into()).or_default();
        }
        &mut level.here
    }

    fn remove(&mut self, levels: &[&str], session: SessionId) {
        let Some((name, rest)) = levels.split_first() else {
            self.here.retain(|other| other.session != session);
            return;
        };
        if let Some(level) = self.below.get_mut(*name) {
            level.remove(rest, session);
            if level.here.is_empty() && level.below.is_empty() {
                self.below.remove(*name);
            }
        }
    }

    /// `hidden` topics, whose name begins with `$`, match no wildcard on their first level.
    fn collect(&self, levels: &[&str], hidden: bool, found: &mut Vec<Subscription>) {
        if let Some(rest) = self.below.get("#").filter(|_| !hidden) {
            found.extend_from_slice(&rest.here);
        }
        let Some((name, rest)) = levels.split_first() else {
            found.extend_from_slice(&self.here);
            return;
        };
        let any = self.below.get("+").filter(|_| !hidden);
        for level in self.below.get(*name).into_iter().chain(any) {
            level.collect(rest, false, found);
        }
    }
}

const SHARE: &str = "$share/";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn subscription(session: u64) -> Subscription {
        Subscription {
            session: SessionId(session),
            qos: 1,
            no_local: false,
            retain_as_published: false,
            id: None,
        }
    }

    fn who(topics: &mut Topics, topic: &str) -> Vec<u64> {
        let mut who: Vec<u64> =
            topics.subscribers(topic, |_| true).iter().map(|s| s.session.0).collect();
        who.sort_unstable();
        who
    }

    #[test]
    fn a_shared_subscription_goes_round_its_members() {
        let mut topics = Topics::default();
        for session in [1, 2] {
            topics.subscribe(&"$share/g/a/#".into(), subscription(session));
        }
        let mut got = [who(&mut topics, "a/b"), who(&mut topics, "a/b")].concat();
        got.sort_unstable();
        assert_eq!(got, [1, 2]);
        let here = |session: SessionId| session.0 == 2;
        assert_eq!(topics.subscribers("a", here)[0].session, SessionId(2));
        assert!(!is_filter("$share/g"), "no filter");
        assert!(!is_filter("$share//a"), "no group");
    }

    #[test]
    fn nothing_is_left_of_a_subscription_that_was_taken_away() {
        let mut topics = Topics::default();
        for filter in ["a/+/c", "a/#", "a", "$share/g/a"] {
            assert!(topics.subscribe(&filter.into(), subscription(1)));
            assert!(!topics.subscribe(&filter.into(), subscription(1)));
            topics.unsubscribe(filter, SessionId(1));
        }
        assert!(topics.exact.is_empty() && topics.shared.is_empty());
        assert!(topics.wild.below.is_empty());
    }

    proptest! {
        #[test]
        fn the_index_agrees_with_matching_one_by_one(
            filters in proptest::collection::vec("(\\$?[ab+]|#)(/[ab+]){0,2}(/#)?", 1..8),
            topic in "\\$?[ab](/[ab]){0,3}",
        ) {
            let filters: Vec<_> = filters.into_iter().filter(|f| is_filter(f)).collect();
            let mut topics = Topics::default();
            let mut expected = Vec::new();
            for (session, filter) in (0..).zip(&filters) {
                topics.subscribe(&filter.as_str().into(), subscription(session));
                if matches(&topic, filter) {
                    expected.push(session);
                }
            }
            prop_assert_eq!(who(&mut topics, &topic), expected);
        }
    }
}
