//! What the commands share that call a registry: its address, the credentials in the environment, the HTTP client, and
//! what is said of a call that fails.
//!
//! | module | holds |
//! |---|---|
//! | `address` | which registry is called, and which addresses a token can be sent to |
//! | `client` | the HTTP client: rustls with ring; names below `.localhost` are this machine |
//! | `credentials` | a token, or a client that gets one with the client-credentials grant |
//! | `environment` | variables of the environment |
//! | `answer` | the answer to a request, and why there is none |
//! | `visible` | text that cannot command a terminal |

mod address;
mod answer;
mod client;
mod credentials;
mod environment;
mod visible;

pub use self::address::{address, registry};
pub use self::answer::{Answer, reason, send};
pub use self::client::client;
pub use self::credentials::{Credentials, Grant};
pub use self::environment::variable;
pub use self::visible::{visible, visible_json};
