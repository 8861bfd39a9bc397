//! The release binaries under AWS's Lambda Runtime Interface Emulator, with every file in `events/`.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tests::TestApp;
use tests::runtime::environment;
use tokio::process::{Child, Command};

use crate::binaries::{BATCHES, ID, cases, check, check_batch, event, wait_for_its_row};

/// A function that runs under the emulator.
struct Emulated {
    _process: Child,
    url: String,
}

/// A port that is free now. The emulator cannot choose one itself.
fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Emulated {
    fn start(emulator: &Path, binary: &Path, app: &TestApp) -> Self {
        let (listen, runtime_api) = (free_port(), free_port());
        let process = Command::new(emulator)
            .args(["--runtime-interface-emulator-address", &listen.to_string()])
            .args(["--runtime-api-address", &runtime_api.to_string()])
            .arg(binary)
            .env_clear()
            .envs(environment("emulated", app.server.dynamodb, app.server.queue))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            _process: process,
            url: format!("http://{listen}/2015-03-31/functions/function/invocations"),
        }
    }

    async fn invoke(&self, event: &Value) -> Value {
        let client = tests::client();
        for _ in 0..100 {
            if let Ok(answer) = client.post(&self.url).body(event.to_string()).send().await {
                let text = answer.text().await.unwrap();
                return serde_json::from_str(&text)
                    .unwrap_or_else(|_| panic!("the emulator answered: {text}"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the emulator does not answer");
    }
}

fn required_variable(name: &str) -> PathBuf {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set"))
        .into()
}

/// Run by `tests/gates/emulator.sh`, which finds the emulator and builds the release binaries.
#[tokio::test]
#[ignore = "needs the emulator: tests/gates/emulator.sh"]
async fn every_event_gets_its_expected_answer_under_the_runtime_interface_emulator() {
    let (emulator, binaries) = (required_variable("LAMBDA_RIE"), required_variable("FUNCTIONS"));
    let app = TestApp::start().await;
    app.seed(ID, "ben@example.com", "2022-02-01 00:00:00.000000")
        .await;
    for case in cases() {
        let (file, binary, status, _) = case;
        wait_for_its_row(&app, file).await;
        let function = Emulated::start(&emulator, &binaries.join(binary), &app);
        check(&case, &function.invoke(&event(file)).await);
        println!("{file}: {status}");
    }
    for binary in BATCHES {
        let function = Emulated::start(&emulator, &binaries.join(binary), &app);
        check_batch(binary, &function.invoke(&event(binary)).await);
        println!("{binary}: no failure");
    }
}
