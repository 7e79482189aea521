//! The drawing of a workflow: its state machine as SVG that stands alone, without scripts and fonts from elsewhere.
//!
//! Owns the order of the work: plan (ranks and arrows), content (what is written, and how large it is), layers, order,
//! places, routes, and the sheet that is written. The same workflow always gives the same bytes.

mod arrows;
mod content;
mod layers;
mod order;
mod place;
mod route;
mod sheet;
mod surround;

use super::Workflow;
use arrows::{Plan, START};
use content::Block;
use layers::{Layers, Sizes};
use route::Machine;

/// Size of the dot that stands for the opening.
const DOT: i32 = 14;
/// Air between what is written and the edge of its box: left, right, above and below.
const BOX_AIR: (i32, i32, i32, i32) = (18, 14, 5, 8);
/// The same on an arrow, to the sides, and above and below.
const LABEL_AIR: (i32, i32) = (6, 3);

/// Draws a workflow: parties, states and steps from above to below, deadlines at the end; for light and dark screens.
pub fn svg(workflow: &Workflow) -> String {
    sheet::written(workflow, &Drawing::of(workflow))
}

/// A workflow laid out.
struct Drawing {
    plan: Plan,
    /// By place, what stands in its box; nothing in the opening's.
    boxes: Vec<Block>,
    /// By arrow, what stands on it.
    labels: Vec<Block>,
    machine: Machine,
}

impl Drawing {
    fn of(workflow: &Workflow) -> Self {
        let plan = arrows::plan(workflow);
        let states = workflow.order.iter().enumerate().map(|(index, name)| {
            let state = &workflow.states[name];
            content::in_box(workflow, state, &plan.stays[index + 1])
        });
        let boxes: Vec<Block> = [Block::default()].into_iter().chain(states).collect();
        let labels: Vec<Block> = plan.arrows.iter().map(|arrow| content::on_arrow(workflow, arrow)).collect();
        let box_size = |(place, block): (usize, &Block)| match place {
            START => (DOT, DOT),
            _ => (block.width + BOX_AIR.0 + BOX_AIR.1, block.height + BOX_AIR.2 + BOX_AIR.3),
        };
        let label_size = |block: &Block| (block.width + 2 * LABEL_AIR.0, block.height + 2 * LABEL_AIR.1);
        let sizes = Sizes {
            places: boxes.iter().enumerate().map(box_size).collect(),
            labels: labels.iter().map(label_size).collect(),
        };
        let machine = route::machine(&plan, &Layers::of(&plan, &sizes));
        Self { plan, boxes, labels, machine }
    }
}

#[cfg(test)]
mod tests;
