//! What the command prints, for other hosts: 80 columns, without colours.

use crate::render;
use crate::render::paper::Paper;
use anstream::adapter::strip_str;
use emqx_rebalance_core::driver::Status;
use emqx_rebalance_core::{EvacuationPlan, Plan};

/// A plan as `emqx-rebalance plan` prints it, what EMQX alone would do beside it if that is known.
pub fn plan_text(plan: &Plan) -> String {
    let mut text = render::plan::plan(plan, Paper::default());
    if plan.comparison.is_some() {
        text.push('\n');
        text.push_str(&render::level::comparison(plan, Paper::default()));
    }
    strip_str(&text).to_string()
}

/// A status as `emqx-rebalance status` prints it.
pub fn status_text(status: &Status) -> String {
    strip_str(&render::status::status(status, Paper::default())).to_string()
}

/// The plan of an evacuation as `emqx-rebalance evacuate plan` prints it.
pub fn evacuation_text(plan: &EvacuationPlan) -> String {
    strip_str(&render::evacuations::plan(plan, Paper::default())).to_string()
}
