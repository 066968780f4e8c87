//! Every recorded answer of a real EMQX is read to the right thing.

mod exchanges;
mod recording;
mod timelines;
