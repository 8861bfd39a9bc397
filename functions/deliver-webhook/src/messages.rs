use serde::Deserialize;

/// A batch of messages from the queue.
#[derive(Debug, Deserialize)]
pub struct Messages {
    /// The messages, in no order.
    #[serde(rename = "Records")]
    pub records: Vec<Message>,
}

/// A message of the queue.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its id in SQS.
    pub message_id: String,
    /// Identifies this receipt of the message.
    pub receipt_handle: String,
    /// An [`event::Delivery`] as JSON.
    pub body: String,
    /// Its system attributes.
    pub attributes: Attributes,
}

/// A message's system attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attributes {
    /// How often it was received, this time included: the number of the attempt.
    pub approximate_receive_count: String,
}

impl Message {
    /// The number of the attempt, from 1.
    pub(crate) fn attempt(&self) -> usize {
        self.attributes.approximate_receive_count.parse().unwrap_or(1)
    }
}
