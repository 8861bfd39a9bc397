//! `GET /customers`: lists customers, newest first, or finds one by its username.

use api::{Caller, Problem, Query, Response};
use customer::{Fault, FaultCode, Username};
use lambda_http::Request;
use store::{CustomerStore, Listing, Page, PageSize, PageToken, StoreError};

/// Answers 200 with a page of live customers, or of deleted ones if the query says `deleted=true`.
///
/// # Errors
/// 400, 403.
pub async fn handler(store: CustomerStore, caller: Caller, request: Request) -> Result<Response, Problem> {
    caller.must_read_all()?;
    let page = match Selection::of(&request)? {
        Selection::Username(username, listing) => find(&store, &username, listing).await?,
        Selection::Page(listing, size, after) => store.list(listing, size, after.as_ref()).await?,
    };
    api::customers(&page, &caller)
}

/// Which customers the query asks for.
enum Selection {
    Username(Username, Listing),
    Page(Listing, PageSize, Option<PageToken>),
}

impl Selection {
    fn of(request: &Request) -> Result<Self, Problem> {
        let mut query = Query::of(request, &["page_size", "page_token", "username", "deleted"]);
        let listing = query.read("deleted", listing).unwrap_or(Listing::Live);
        let size = query.read("page_size", PageSize::parse).unwrap_or_default();
        let username = query.read("username", |text| Username::parse(text));
        let after = query.page_token(|token| PageToken::parse(token, listing));
        if query.has("username") && after.is_some() {
            let detail = "a username names at most one customer, so there is no next page";
            query.refuse("page_token", Fault::new(FaultCode::NotAllowed, detail));
        }
        query.finish()?;
        Ok(match username {
            Some(username) => Self::Username(username, listing),
            None => Self::Page(listing, size, after),
        })
    }
}

fn listing(text: &str) -> Result<Listing, Fault> {
    match text {
        "true" => Ok(Listing::Deleted),
        "false" => Ok(Listing::Live),
        _ => Err(Fault::new(FaultCode::NotAllowed, "must be true or false")),
    }
}

/// A page with the one customer that has this username. It is empty if that customer is not in the list.
async fn find(store: &CustomerStore, username: &Username, listing: Listing) -> Result<Page, StoreError> {
    let records = match store.find(username).await {
        Ok(record) if record.customer.is_deleted() == (listing == Listing::Deleted) => vec![record],
        Ok(_) | Err(StoreError::NotFound) => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(Page {
        records,
        ..Page::default()
    })
}
