//! `GET /customers/{id}/events`: shows what changed in a customer, who changed it, and whether its webhook was told.

use api::{Caller, Problem, Query, Response};
use customer::{CustomerId, Timestamp};
use lambda_http::Request;
use store::{CustomerStore, History, HistoryToken, PageSize};

/// Answers 200 with a page of the customer's events, newest first.
///
/// # Errors
/// 400, 403, 404, 410.
pub async fn handler(
    store: CustomerStore,
    history: History,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let id = api::customer_id(&request)?;
    caller.must_read(id)?;
    let (size, after) = page(&request, id)?;

    let page = history.page(id, size, after, Timestamp::now());
    let (_, page) = tokio::try_join!(store.get(id), page)?;

    api::events(&page, &caller)
}

/// Which page the query asks for.
fn page(request: &Request, id: CustomerId) -> Result<(PageSize, Option<HistoryToken>), Problem> {
    let mut query = Query::of(request, &["page_size", "page_token"]);
    let size = query.read("page_size", PageSize::parse).unwrap_or_default();
    let after = query.page_token(|token| HistoryToken::parse(token, id));
    query.finish()?;
    Ok((size, after))
}
