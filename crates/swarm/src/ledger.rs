//! What one pair of clients has sent and received.

use crate::report::Messages;

/// The messages of one pair, numbered from 1.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Whether the subscriber's subscription stands, so that publishing may begin.
    is_subscribed: bool,
    /// The last message published.
    sent: u32,
    /// The last message that the broker acknowledged; it has all before it too.
    acknowledged: u32,
    /// The highest number received.
    highest: u32,
    /// Numbers below `highest` that have not come.
    gaps: Vec<u32>,
    duplicated: u32,
    out_of_order: u32,
    foreign: u32,
}

impl Ledger {
    /// The subscriber is subscribed.
    pub(crate) fn subscribe(&mut self) {
        self.is_subscribed = true;
    }

    /// The number of the next message, once there is a subscriber for it.
    pub(crate) fn publish(&mut self) -> Option<u32> {
        self.sent += u32::from(self.is_subscribed);
        self.is_subscribed.then_some(self.sent)
    }

    /// The broker has message `number`. A publisher has one message on its way at most.
    pub(crate) fn acknowledge(&mut self, number: u32) {
        self.acknowledged = self.acknowledged.max(number);
    }

    /// A message came; `None` if it holds no number.
    pub(crate) fn receive(&mut self, number: Option<u32>) {
        match number {
            Some(number) if number > self.highest && number <= self.sent => {
                self.gaps.extend(self.highest + 1..number);
                self.highest = number;
            }
            Some(number) if (1..=self.highest).contains(&number) => self.receive_late(number),
            _ => self.foreign += 1,
        }
    }

    fn receive_late(&mut self, number: u32) {
        match self.gaps.iter().position(|gap| *gap == number) {
            Some(place) => {
                self.gaps.swap_remove(place);
                self.out_of_order += 1;
            }
            None => self.duplicated += 1,
        }
    }

    /// Acknowledged and not received.
    fn absent(&self) -> u64 {
        let gaps = self.gaps.iter().filter(|gap| **gap <= self.acknowledged).count();
        gaps as u64 + u64::from(self.acknowledged.saturating_sub(self.highest))
    }

    /// Whether something is on its way, to the broker or from it.
    pub(crate) fn is_settled(&self) -> bool {
        self.sent == self.acknowledged && self.absent() == 0
    }

    /// Adds this pair to `messages`. `is_owed`: whether the subscriber is to get all that the broker
    /// acknowledged.
    pub(crate) fn add_to(&self, messages: &mut Messages, is_owed: bool) {
        messages.sent += u64::from(self.sent);
        messages.acknowledged += u64::from(self.acknowledged);
        messages.received += u64::from(self.highest) - self.gaps.len() as u64;
        messages.duplicated += u64::from(self.duplicated);
        messages.out_of_order += u64::from(self.out_of_order);
        messages.foreign += u64::from(self.foreign);
        if is_owed {
            messages.missing += self.absent();
        } else {
            messages.missed += self.absent();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(received: &[u32]) -> Messages {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.publish(), None);
        ledger.subscribe();
        (0..5).for_each(|_| _ = ledger.publish());
        ledger.acknowledge(4);
        received.iter().for_each(|number| ledger.receive(Some(*number)));
        let mut messages = Messages::default();
        ledger.add_to(&mut messages, true);
        messages
    }

    #[test]
    fn lost_doubled_and_disordered_messages_are_told_apart() {
        let found = after(&[1, 1, 4, 3]);
        assert_eq!((found.sent, found.acknowledged, found.received), (5, 4, 3));
        assert_eq!((found.duplicated, found.out_of_order, found.missing), (1, 1, 1));
        assert_eq!(after(&[1, 2, 3]).missing, 1);
        assert_eq!(after(&[1, 2, 3, 4]).missing, 0);
    }

    #[test]
    fn a_message_that_the_broker_has_not_acknowledged_is_not_missing() {
        assert_eq!(after(&[1, 2, 3, 4, 5]).received, 5);
        let found = after(&[5, 1, 2, 3, 4]);
        assert_eq!((found.missing, found.out_of_order), (0, 4));
    }

    #[test]
    fn numbers_that_were_never_sent_are_foreign() {
        assert_eq!(after(&[6, 0, 1000]).foreign, 3);
        let mut ledger = Ledger::default();
        ledger.receive(None);
        let mut messages = Messages::default();
        ledger.add_to(&mut messages, false);
        assert_eq!(messages.foreign, 1);
    }
}
