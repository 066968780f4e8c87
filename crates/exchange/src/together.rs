//! Waits for many answers at once.

use futures_util::future::maybe_done;
use std::future::poll_fn;
use std::task::Poll;

/// What all `futures` come to, in their order.
///
/// Looks at each of them whenever it is polled: a host without IO wakes nobody, so whatever looks only at
/// those that were woken, as `join_all` does from some number on, would wait for ever.
pub(crate) async fn together<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let futures = futures.into_iter().map(|future| Box::pin(maybe_done(future)));
    let mut all: Vec<_> = futures.collect();
    poll_fn(|context| {
        let mut is_over = true;
        for one in &mut all {
            is_over &= one.as_mut().poll(context).is_ready();
        }
        if is_over { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    all.iter_mut().filter_map(|one| one.as_mut().take_output()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::pin::pin;
    use std::task::{Context, Waker};

    #[test]
    fn a_hundred_answers_are_waited_for_without_a_waker() {
        let now = Cell::new(0);
        let waits = (0..100_usize).map(|i| {
            let now = &now;
            poll_fn(move |_| if now.get() >= i { Poll::Ready(i) } else { Poll::Pending })
        });
        let mut all = pin!(together(waits));
        let mut context = Context::from_waker(Waker::noop());
        assert!(all.as_mut().poll(&mut context).is_pending());
        now.set(100);
        let Poll::Ready(answers) = all.as_mut().poll(&mut context) else { panic!("still waits") };
        assert_eq!(answers, (0..100).collect::<Vec<_>>());
    }
}
