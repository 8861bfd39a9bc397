/// An answer: status, header fields, and a body of JSON or none.
pub type Response = lambda_http::Response<lambda_http::Body>;
