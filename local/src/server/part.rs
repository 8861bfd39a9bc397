//! A part of the system, such as its API: a task that runs until it is told to stop.

use std::pin::Pin;

use anyhow::{Error, Result, anyhow};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Completes when a part is told to stop.
pub(super) type Stopped = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A running part. Dropping it ends the task.
pub(super) struct Part {
    name: &'static str,
    stop: watch::Sender<bool>,
    task: JoinSet<Result<()>>,
}

impl Part {
    /// Starts the task that `run` returns. Errors show `name`.
    pub(super) fn start<F>(name: &'static str, run: impl FnOnce(Stopped) -> F) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let (stop, mut stopped) = watch::channel(false);
        let stopped = Box::pin(async move {
            // An error means that the part has been dropped.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        });
        let mut task = JoinSet::new();
        task.spawn(run(stopped));
        Self { name, stop, task }
    }

    /// Returns when the part has ended unexpectedly, with the reason.
    pub(super) async fn failed(&mut self) -> Error {
        match self.ended().await {
            Ok(()) => anyhow!("{} has ended unexpectedly", self.name),
            Err(error) => error,
        }
    }

    /// Tells the part to stop, and waits until it has. Returns `Ok` if its failure was already reported.
    pub(super) async fn stop(&mut self) -> Result<()> {
        // Fails only if the task has already ended.
        let _ = self.stop.send(true);
        self.ended().await
    }

    async fn ended(&mut self) -> Result<()> {
        match self.task.join_next().await {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(error.context(format!("{} has failed", self.name))),
            Some(Err(panic)) => Err(Error::from(panic).context(format!("{} has failed", self.name))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_ends_unexpectedly_is_named_with_the_cause() {
        let mut failing = Part::start("the API", |_| async { Err(anyhow!("no more connections")) });
        assert_eq!(
            format!("{:#}", failing.failed().await),
            "the API has failed: no more connections"
        );
        let mut panicking = Part::start("the database", |_| async { panic!("out of pages") });
        let error = format!("{:#}", panicking.failed().await);
        assert!(error.starts_with("the database has failed: "), "{error}");
        assert!(error.contains("out of pages"), "{error}");
        let mut ending = Part::start("the API", |_| async { Ok(()) });
        assert_eq!(
            ending.failed().await.to_string(),
            "the API has ended unexpectedly"
        );
    }

    #[tokio::test]
    async fn a_part_runs_until_it_is_told_to_stop() {
        let mut part = Part::start("the API", |stopped| async {
            stopped.await;
            Err(anyhow!("the last call failed"))
        });
        tokio::select! {
            biased;
            error = part.failed() => panic!("{error:#}"),
            () = tokio::task::yield_now() => {}
        }
        let error = part.stop().await.unwrap_err();
        assert_eq!(format!("{error:#}"), "the API has failed: the last call failed");
        part.stop().await.unwrap();
    }
}
