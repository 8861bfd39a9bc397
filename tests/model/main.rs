//! Random sequences of all operations, against the real system and a plain model of it.
//!
//! One caller alone: every answer is what the model says. Several callers at once, over a wire that fails: the
//! table holds together, and what was answered happened. A failure prints its seed.
//!
//! `CASES=2000 cargo test -p tests --test model` runs more sequences, `SEED=… ` the ones of a failure.

mod hostile;
mod runner;
mod steps;
mod world;

use std::sync::Arc;

use tests::proxy::Fault;
use tests::{TestApp, invariants};
use tokio::task::JoinSet;

use crate::steps::Step;
use crate::world::World;

/// Callers at once.
const CALLERS: usize = 4;

#[test]
fn every_answer_is_what_the_model_says() {
    runner::run(40, &steps::sequence(60), |steps| async move {
        let app = TestApp::start().await;
        let mut world = World::default();
        for step in steps {
            world.check(&app, &step).await;
        }
        invariants::check(&app).await;
        world.check_versions(&app).await;
    });
}

#[test]
fn callers_at_once_over_a_failing_wire_leave_no_half_and_lose_nothing_that_was_answered() {
    runner::run(20, &steps::sequence(60 * CALLERS), |steps| async move {
        let (app, proxy) = TestApp::start_behind_proxy().await;
        proxy.inject(steps.iter().map(fault_of));
        let app = Arc::new(app);
        let world = Arc::new(world::Shared::default());
        let mut callers = JoinSet::new();
        for share in steps.chunks(steps.len().div_ceil(CALLERS).max(1)) {
            let (app, world, share) = (app.clone(), world.clone(), share.to_vec());
            callers.spawn(async move {
                for step in share {
                    world.send(&app, &step).await;
                }
            });
        }
        while let Some(caller) = callers.join_next().await {
            caller.unwrap();
        }
        proxy.heal();
        invariants::check(&app).await;
        world.check_versions(&app).await;
    });
}

/// Now and then something happens to a request: as often as the steps' own randomness says.
fn fault_of(step: &Step) -> Fault {
    match step.luck {
        0 => Fault::DropBefore,
        1 => Fault::DropAfter,
        2 => Fault::BreakOff,
        3 => Fault::HalfDocument,
        4 => Fault::Refuse(500, "InternalServerError"),
        5 => Fault::Refuse(400, "ProvisionedThroughputExceededException"),
        _ => Fault::Pass,
    }
}
