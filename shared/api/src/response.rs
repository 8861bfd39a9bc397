/// An answer: status, header fields, and an optional JSON body.
pub type Response = lambda_http::Response<lambda_http::Body>;
