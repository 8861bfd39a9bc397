//! Receives webhooks while somebody develops a receiver: verifies each message as a receiver should, shows it, and
//! passes it on to the receiver.
//!
//! | module | holds |
//! |---|---|
//! | `arguments` | the addresses, and what the environment adds |
//! | `secrets` | the customers' secrets, and the verification with them |
//! | `receiver` | the answer to a message |
//! | `forward` | passing a message on |
//! | `screen` | what is shown, and where |

mod arguments;
mod forward;
mod receiver;
mod screen;
mod secrets;

use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use local::output::Output;
use local::server;
use local::signals::Signals;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::timeout;

pub use self::arguments::ListenArguments;
use self::forward::Forward;
use self::receiver::{Receiver, router};
use self::screen::{Screen, greeting};
pub use self::secrets::Secrets;

/// How long messages in progress may take when the command stops. The registry sends again what was cut off.
const GRACE: Duration = Duration::from_secs(5);

/// Receives messages until a signal arrives. A signal also ends the wait for the registry at the start. Problems leave
/// their lines in `errors`.
///
/// # Errors
/// A sentence that says what cannot be used: the address, the registry or the forward URL.
pub async fn run(arguments: ListenArguments, secrets: Secrets, errors: Output) -> Result<()> {
    let mut signals = Signals::listen()?;
    let listener = server::listen(&arguments.listen, "--listen").await?;
    let address = listener.local_addr()?;
    let forward = arguments.forward.map(Forward::new).transpose()?;
    tokio::select! {
        checked = secrets.check() => checked?,
        () = signals.next() => return Ok(()),
    }

    let output = Output::standard();
    let screen = Screen {
        output: output.clone(),
        errors,
        is_json: arguments.json,
    };
    screen.note(&greeting(address, &secrets, forward.as_ref()));
    let screen = Arc::new(screen);
    let router = router(Receiver::new(secrets, forward, Arc::clone(&screen)));
    let ended = serve(listener, router, signals, &screen).await;
    output.end().await;
    ended
}

async fn serve(listener: TcpListener, router: Router, mut signals: Signals, screen: &Screen) -> Result<()> {
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async {
        // An error means the same: the other end was dropped.
        let _ = stopped.await;
    });
    let mut serving = std::pin::pin!(serving.into_future());
    tokio::select! {
        ended = &mut serving => return Ok(ended?),
        () = signals.next() => drop(stop),
    }
    screen.note("\nstopping; press Ctrl-C again to stop immediately");
    tokio::select! {
        _ = timeout(GRACE, serving) => {}
        () = signals.next() => {}
    }
    Ok(())
}
