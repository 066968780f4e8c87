//! Plans, from values alone.

use emqx_rebalance_core::{EvacuationRequest, PlanRequest};
use emqx_rebalance_text_wasm::{Thrown, answer};
use wasm_bindgen::prelude::wasm_bindgen;

/// The plan that a `PlanRequest` asks for.
#[wasm_bindgen]
pub fn plan(request: &str) -> Result<String, Thrown> {
    answer(request, |tree| PlanRequest::read(tree)?.plan())
}

/// The plan that an `EvacuationRequest` asks for.
#[wasm_bindgen]
pub fn plan_evacuation(request: &str) -> Result<String, Thrown> {
    answer(request, |tree| EvacuationRequest::read(tree)?.plan())
}
