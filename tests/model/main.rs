//! Random sequences of all operations, sent to the real system and compared with a simple model of it.
//!
//! With one caller, every answer must match the model. With several concurrent callers over a failing network, the
//! table must stay consistent, and every answered write must have taken effect. A failure prints its seed.
//!
//! `CASES=2000 cargo test -p tests --test model` runs more sequences, and `SEED=…` repeats those of a failure.

mod callers;
mod hostile;
mod runner;
mod steps;
mod world;

use std::sync::Arc;

use tests::proxy::Fault;
use tests::{TestApp, invariants};
use tokio::task::JoinSet;

use crate::callers::Shared;
use crate::steps::Step;
use crate::world::World;

/// How many callers send requests at once.
const CALLERS: usize = 4;

#[test]
fn every_answer_matches_the_model() {
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
fn concurrent_callers_over_a_failing_network_lose_no_answered_write() {
    runner::run(20, &steps::sequence(60 * CALLERS), |steps| async move {
        let (app, proxy) = TestApp::start_behind_proxy().await;
        proxy.inject(steps.iter().map(fault_of));
        let app = Arc::new(app);
        let world = Arc::new(Shared::default());
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

/// The network fault for one request. The step's random number makes one in seven or so fail.
fn fault_of(step: &Step) -> Fault {
    match step.fault {
        0 => Fault::DropBefore,
        1 => Fault::DropAfter,
        2 => Fault::BreakOff,
        3 => Fault::HalfDocument,
        4 => Fault::Refuse(500, "InternalServerError"),
        5 => Fault::Refuse(400, "ProvisionedThroughputExceededException"),
        _ => Fault::Pass,
    }
}
