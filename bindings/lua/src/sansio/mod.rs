//! Conversations for hosts with an HTTP client of their own: nginx's cosockets, lua-resty-http. They
//! are told what to send and hand in what came back; nothing here waits, sends or has a thread.

mod cluster;
mod course;
mod talk;

pub(crate) use cluster::register;

/// Milliseconds as Lua has them: any number, and none below 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, as it should"
)]
fn milliseconds(number: f64) -> u64 {
    number as u64
}
