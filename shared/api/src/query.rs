use std::collections::HashMap;

use customer::{Fault, FaultAt, FaultCode, MAX_FAULTS, pointer_to};
use lambda_http::{Request, RequestExt};

use crate::problem::Problem;

/// The parameters of a request's query. They are read one by one, and every fault is collected.
#[derive(Debug)]
pub struct Query {
    values: HashMap<String, String>,
    faults: Vec<FaultAt>,
}

impl Query {
    /// The query of `request`. It may have only the parameters in `known`, each at most once.
    pub fn of(request: &Request, known: &[&str]) -> Self {
        let mut query = Self {
            values: HashMap::new(),
            faults: Vec::new(),
        };
        let parameters = request.query_string_parameters();
        for (name, value) in parameters.iter() {
            if !known.contains(&name) {
                let detail = format!(
                    "there is no such query parameter; the parameters are: {}",
                    known.join(", ")
                );
                query
                    .faults
                    .push(Fault::new(FaultCode::UnknownField, detail).at(pointer_to(name)));
            } else if query.values.insert(name.to_owned(), value.to_owned()).is_some() {
                query.faults.push(
                    Fault::new(FaultCode::Repeated, "the query has the parameter twice").at(pointer_to(name)),
                );
            }
        }
        query
    }

    /// Whether the query has this parameter.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Reads a parameter with `parse`; `None` if it is absent or faulty.
    pub fn read<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, Fault>) -> Option<T> {
        match parse(self.values.get(name)?) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.refuse(name, fault);
                None
            }
        }
    }

    /// Reads the token of a page with `parse`; `None` if it is absent, faulty or empty. The last page has an empty
    /// `next_page_token`: a caller who passes it on starts again with the first page.
    pub fn page_token<T>(&mut self, parse: impl FnOnce(&str) -> Result<T, Fault>) -> Option<T> {
        let token = self.read("page_token", |token| match token {
            "" => Ok(None),
            token => parse(token).map(Some),
        });
        token.flatten()
    }

    /// Adds a fault of a parameter.
    pub fn refuse(&mut self, name: &str, fault: Fault) {
        self.faults.push(fault.at(pointer_to(name)));
    }

    /// Reports the faults, if there are any.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with every fault that was found, in the order of the parameters' names.
    pub fn finish(mut self) -> Result<(), Problem> {
        if self.faults.is_empty() {
            return Ok(());
        }
        self.faults.sort_by(|one, other| one.pointer.cmp(&other.pointer));
        self.faults.truncate(MAX_FAULTS);
        Err(Problem::Invalid(self.faults))
    }
}
