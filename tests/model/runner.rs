//! Runs a test on random values, with a seed that can be repeated.

use std::fmt::Debug;
use std::panic::AssertUnwindSafe;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

fn from_env<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

/// Runs `test` on `cases` values of `strategy`, or on as many as the variable `CASES` says, each in its own runtime.
///
/// # Panics
/// If the test fails. The message has the smallest failing value that was found, and the seed.
pub fn run<S, F>(cases: u32, strategy: &S, test: impl Fn(S::Value) -> F)
where
    S: Strategy,
    S::Value: Debug + Clone,
    F: Future<Output = ()>,
{
    let seed: u64 = from_env("SEED").unwrap_or_else(|| uuid::Uuid::now_v7().as_u64_pair().1);
    let mut bytes = [0; 32];
    for (byte, seed) in bytes.iter_mut().zip(seed.to_be_bytes()) {
        *byte = seed;
    }
    let config = Config {
        cases: from_env("CASES").unwrap_or(cases),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let result = runner.run(strategy, |value| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(test(value))));
        outcome.map_err(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            TestCaseError::fail(text.unwrap_or_else(|| "a panic".to_owned()))
        })
    });
    if let Err(error) = result {
        panic!("SEED={seed} repeats this failure: {error}");
    }
}
