//! Names of nodes in little room.

use emqx_rebalance_core::{Error, NodeName, Problem, short_names};
use emqx_rebalance_text_wasm::{Thrown, answer};
use serde::Deserialize;
use wasm_bindgen::prelude::wasm_bindgen;

/// Names, and the characters that there are for each.
#[derive(Deserialize)]
struct Labels {
    nodes: Vec<NodeName>,
    width: u16,
}

/// The names of nodes as they fit their room: of `{ nodes, width }` a list of texts.
#[wasm_bindgen]
pub fn short(labels: &str) -> Result<String, Thrown> {
    answer(labels, |tree| {
        let labels = Labels::deserialize(tree).map_err(|error| {
            Error::invalid("names", vec![Problem::new("nodes", error, "a list of node names")])
        })?;
        Ok(short_names(&labels.nodes, labels.width.into()))
    })
}
