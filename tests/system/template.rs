//! The template against the code.

use std::collections::{BTreeMap, BTreeSet};

use local::functions::FUNCTIONS;
use local::template::{DEFAULT_PATH, Route, Template};
use serde_json::{Value, json};
use tests::contract::Contract;

fn template() -> Template {
    Template::read(DEFAULT_PATH.as_ref()).unwrap()
}

/// The names of a folder's entries.
fn entries(folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(tests::root().join(folder)).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn routes(template: &Template) -> Vec<(String, String)> {
    let routes = template.functions.iter().flat_map(|function| &function.routes);
    routes
        .filter_map(|route| match route {
            Route::Of { method, path } => Some((method.clone(), path.clone())),
            Route::Default => None,
        })
        .collect()
}

#[test]
fn each_function_has_a_crate_a_binary_a_handler_and_an_event_and_the_other_way_round() {
    let template = template();
    let in_template: BTreeSet<_> = template
        .functions
        .iter()
        .map(|function| function.binary.clone())
        .collect();
    let handlers: BTreeSet<_> = FUNCTIONS.iter().map(|(binary, _)| (*binary).to_owned()).collect();
    assert_eq!(in_template, handlers);
    assert_eq!(in_template, entries("functions"));
    for binary in &in_template {
        let manifest = tests::read(format!("functions/{binary}/Cargo.toml"));
        assert!(manifest.contains(&format!("name = \"{binary}\"")));
        assert!(
            entries("events").contains(&format!("{binary}.json")),
            "{binary} has no event"
        );
    }
    for event in entries("events")
        .iter()
        .filter(|event| *event != "local.env.json")
    {
        assert!(
            in_template
                .iter()
                .any(|binary| event.starts_with(binary.as_str())),
            "{event} is for no function"
        );
    }
}

#[test]
fn an_events_route_is_one_of_its_function() {
    let template = template();
    for function in &template.functions {
        for event in entries("events")
            .iter()
            .filter(|event| event.starts_with(&function.binary))
        {
            let event: Value = serde_json::from_str(&tests::read(format!("events/{event}"))).unwrap();
            let key = event["routeKey"].as_str().unwrap();
            let route = match key.split_once(' ') {
                Some((method, path)) => Route::Of {
                    method: method.to_owned(),
                    path: path.to_owned(),
                },
                None => Route::Default,
            };
            assert!(function.routes.contains(&route), "{key}");
            assert_eq!(event["requestContext"]["routeKey"], key);
            assert_eq!(event["version"], "2.0");
        }
    }
}

#[test]
fn the_template_and_the_contract_have_the_same_routes() {
    let in_template: BTreeSet<_> = routes(&template()).into_iter().collect();
    let operations = Contract::get().operations();
    let in_contract = operations
        .into_iter()
        .map(|(method, path, _)| (method, path.to_owned()))
        .collect();
    assert_eq!(in_template, in_contract);
}

#[test]
fn the_catch_all_knows_the_templates_paths_and_methods() {
    let mut methods = BTreeMap::<String, BTreeSet<String>>::new();
    for (method, path) in routes(&template()) {
        methods.entry(path).or_default().insert(method);
    }
    let joined = |methods: BTreeSet<String>| methods.into_iter().collect::<Vec<_>>().join(", ");
    let in_template: BTreeMap<_, _> = methods
        .into_iter()
        .map(|(path, methods)| (path, joined(methods)))
        .collect();
    let known: BTreeMap<_, _> = unknown_route::PATHS
        .iter()
        .map(|(path, allow)| ((*path).to_owned(), (*allow).to_owned()))
        .collect();
    assert_eq!(in_template, known);
}

#[test]
fn every_route_needs_a_token() {
    let document = template().document;
    let auth = &document["Resources"]["Api"]["Properties"]["Auth"];
    let default = auth["DefaultAuthorizer"].as_str().unwrap();
    assert!(auth["Authorizers"][default]["JwtConfiguration"].is_object());
    for function in document["Resources"].as_object().unwrap().values() {
        for event in function["Properties"]["Events"]
            .as_object()
            .into_iter()
            .flat_map(|events| events.values())
        {
            assert_eq!(
                event["Properties"]["Auth"],
                Value::Null,
                "no route goes its own way"
            );
            assert_eq!(event["Properties"]["ApiId"], json!({"Ref": "Api"}));
        }
    }
}

#[test]
fn nothing_deployed_says_that_it_runs_under_sam_local() {
    for file in ["template.yaml", "samconfig.toml", "events/local.env.json"] {
        assert!(!tests::read(file).contains("AWS_SAM_LOCAL"), "{file}");
    }
}

#[test]
fn a_function_may_do_on_the_table_just_what_its_operations_need() {
    let table = json!({"Fn::GetAtt": ["CustomersTable", "Arn"]});
    let index = json!({"Fn::Sub": "${CustomersTable.Arn}/index/listing"});
    let document = template().document;
    for (function, actions, resource) in [
        ("CreateCustomer", &["GetItem", "PutItem"][..], table.clone()),
        ("GetCustomer", &["GetItem"], table.clone()),
        ("ListCustomers", &["GetItem", "Query"], json!([table, index])),
        (
            "UpdateCustomer",
            &["DeleteItem", "GetItem", "PutItem", "UpdateItem"],
            table.clone(),
        ),
        ("DeleteCustomer", &["GetItem", "UpdateItem"], table.clone()),
        ("RestoreCustomer", &["GetItem", "UpdateItem"], table.clone()),
    ] {
        let policies = &document["Resources"][function]["Properties"]["Policies"];
        let actions: Vec<_> = actions
            .iter()
            .map(|action| format!("dynamodb:{action}"))
            .collect();
        let expected = json!([{"Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource}]}]);
        assert_eq!(policies, &expected, "{function}");
    }
    for function in ["ListPermissions", "UnknownRoute"] {
        assert_eq!(
            document["Resources"][function]["Properties"]["Policies"],
            Value::Null
        );
    }
}

#[test]
fn sam_local_can_set_every_variable_that_it_is_told_to() {
    let declared = &template().document["Globals"]["Function"]["Environment"]["Variables"];
    let set: Value = serde_json::from_str(&tests::read("events/local.env.json")).unwrap();
    for (name, value) in set["Parameters"].as_object().unwrap() {
        assert!(
            !declared[name].is_null(),
            "the template does not declare {name}, so sam would drop it"
        );
        assert!(!value.as_str().unwrap().is_empty());
    }
    let (table, _) = template().table().unwrap();
    assert_eq!(set["Parameters"]["TABLE_NAME"], json!(table));
}
