//! The API against the recordings of real EMQX clusters, its documentation, and the arbitrary.
//! `cfg(test)` tells clippy that the functions that tests call are tests too.

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod exchanges;
#[cfg(test)]
mod mutated;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod timelines;
#[cfg(test)]
mod v4;
