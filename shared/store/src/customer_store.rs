use std::sync::Arc;

use aws_sdk_dynamodb::Client;

/// The customers' table. Cloning shares the connection.
#[derive(Clone, Debug)]
pub struct CustomerStore {
    pub(crate) client: Client,
    pub(crate) table: Arc<str>,
}

impl CustomerStore {
    /// The store in the table named `table`, reached through `client`.
    ///
    /// The client should use [`TransientFailure`](crate::TransientFailure) as a retry classifier.
    pub fn new(client: Client, table: impl Into<Arc<str>>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }
}
