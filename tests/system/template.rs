//! The template, compared with the code, the contract and the documentation.

use std::collections::{BTreeMap, BTreeSet};

use local::functions::FUNCTIONS;
use local::template::{CUSTOMERS_TABLE, EVENTS_TABLE, Function, Route, Template};
use serde_json::{Value, json};
use tests::contract::Contract;
use tests::deployed::template;

use crate::binaries::{BATCHES, cases};

/// The names of a folder's entries.
fn entries(folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(tests::root().join(folder)).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// The route of CORS preflight requests, which the contract does not have.
const PREFLIGHT: (&str, &str) = ("OPTIONS", "/{proxy+}");

/// The method and path of each of a function's routes that the contract should have.
fn routes_of(function: &Function) -> Vec<(String, String)> {
    let of = |route: &Route| match route {
        Route::Of { method, path } => Some((method.clone(), path.clone())),
        Route::Default => None,
    };
    let routes = function.routes.iter().filter_map(of);
    routes
        .filter(|(method, path)| (method.as_str(), path.as_str()) != PREFLIGHT)
        .collect()
}

fn routes(template: &Template) -> Vec<(String, String)> {
    template.functions.iter().flat_map(routes_of).collect()
}

#[test]
fn each_function_has_a_crate_a_binary_a_handler_and_an_event_and_vice_versa() {
    let template = template();
    let in_template: BTreeSet<_> = template
        .functions
        .iter()
        .map(|function| function.binary.clone())
        .collect();
    let handlers = FUNCTIONS.iter().map(|(binary, _)| *binary);
    let handlers: BTreeSet<_> = handlers.chain(BATCHES).map(str::to_owned).collect();
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
    for event in events() {
        assert!(
            in_template
                .iter()
                .any(|binary| event.starts_with(binary.as_str())),
            "{event} belongs to no function"
        );
    }
}

/// The files in `events/` that are events.
fn events() -> BTreeSet<String> {
    let mut events = entries("events");
    events.remove("local.env.json");
    events
}

#[test]
fn every_event_is_sent_to_its_function_by_a_test() {
    let sent = cases().into_iter().map(|(file, ..)| file).chain(BATCHES);
    assert_eq!(events(), sent.map(|file| format!("{file}.json")).collect());
}

#[test]
fn each_events_route_belongs_to_its_function() {
    let template = template();
    for function in template
        .functions
        .iter()
        .filter(|function| !BATCHES.contains(&&*function.binary))
    {
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
fn the_unknown_route_function_knows_the_templates_paths_and_methods() {
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
fn every_route_except_the_preflight_needs_a_token() {
    let document = template().document;
    let auth = &document["Resources"]["Api"]["Properties"]["Auth"];
    let default = auth["DefaultAuthorizer"].as_str().unwrap();
    assert!(auth["Authorizers"][default]["JwtConfiguration"].is_object());
    for function in document["Resources"].as_object().unwrap().values() {
        let events = function["Properties"]["Events"].as_object();
        let events = events.into_iter().flat_map(|events| events.values());
        for event in events.filter(|event| event["Type"] == "HttpApi") {
            let properties = &event["Properties"];
            assert_eq!(properties["ApiId"], json!({"Ref": "Api"}));
            let of = |name: &str| properties[name].as_str().unwrap_or_default();
            let expected = match (of("Method"), of("Path")) {
                PREFLIGHT => json!({"Authorizer": "NONE"}),
                _ => Value::Null,
            };
            assert_eq!(properties["Auth"], expected, "{properties}");
        }
    }
}

#[test]
fn cargo_lambda_watch_has_the_templates_routes() {
    let metadata = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(tests::root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let router = metadata["metadata"]["lambda"]["watch"]["router"]
        .as_object()
        .unwrap();
    let mut watched = BTreeSet::new();
    for (path, targets) in router {
        let whole_path = [json!({"method": "ANY", "function": targets})];
        for target in targets.as_array().map_or(&whole_path[..], Vec::as_slice) {
            let of = |name: &str| target[name].as_str().unwrap().to_owned();
            watched.insert((of("method"), path.clone(), of("function")));
        }
    }
    let mut in_template = BTreeSet::new();
    let template = template();
    for function in &template.functions {
        for (method, path) in routes_of(function) {
            in_template.insert((method, path, function.binary.clone()));
        }
        if function.routes.contains(&Route::Default) {
            in_template.insert(("ANY".into(), "/{*path}".into(), function.binary.clone()));
        }
    }
    assert_eq!(watched, in_template);
}

#[test]
fn no_deployed_configuration_sets_aws_sam_local() {
    for file in ["template.yaml", "samconfig.toml", "events/local.env.json"] {
        assert!(!tests::read(file).contains("AWS_SAM_LOCAL"), "{file}");
    }
}

#[test]
fn the_template_declares_every_variable_that_sam_local_sets() {
    let document = template().document;
    let functions = document["Resources"].as_object().unwrap().values();
    let declared = functions
        .chain([&document["Globals"]["Function"]])
        .flat_map(|function| [&function["Environment"], &function["Properties"]["Environment"]])
        .filter_map(|environment| environment["Variables"].as_object());
    let declared: BTreeSet<_> = declared.flat_map(|variables| variables.keys()).collect();
    let set: Value = serde_json::from_str(&tests::read("events/local.env.json")).unwrap();
    for (name, value) in set["Parameters"].as_object().unwrap() {
        assert!(
            declared.contains(name),
            "the template does not declare {name}, so sam local would ignore it"
        );
        assert!(!value.as_str().unwrap().is_empty());
    }
    assert_eq!(set["Parameters"]["TABLE_NAME"], json!(CUSTOMERS_TABLE));
    assert_eq!(set["Parameters"]["EVENTS_TABLE"], json!(EVENTS_TABLE));
}

#[test]
fn the_architecture_diagram_has_the_templates_functions_routes_and_table() {
    let architecture = tests::read("docs/architecture.md");
    let (_, diagram) = architecture.split_once("```mermaid\n").unwrap();
    let (diagram, _) = diagram.split_once("```").unwrap();
    // A route is an arrow with a label: api -- "GET /customers" --> list-customers
    let arrows = diagram
        .lines()
        .filter_map(|line| line.trim().strip_prefix("api -- \"")?.split_once("\" --> "));
    let drawn: BTreeSet<_> = arrows
        .map(|(route, binary)| (route.to_owned(), binary.to_owned()))
        .collect();
    let template = template();
    let mut in_template = BTreeSet::new();
    for function in &template.functions {
        for route in &function.routes {
            let key = match route {
                Route::Of { method, path } => format!("{method} {path}"),
                Route::Default => "$default".to_owned(),
            };
            in_template.insert((key, function.binary.clone()));
        }
    }
    assert_eq!(drawn, in_template);
    let (_, functions) = diagram.split_once("subgraph functions").unwrap();
    let (functions, _) = functions.split_once("\n    end").unwrap();
    let drawn: BTreeSet<_> = functions.lines().skip(1).map(str::trim).collect();
    let binaries = template.functions.iter().map(|function| function.binary.as_str());
    assert_eq!(drawn, binaries.collect());
    let request = template.table(CUSTOMERS_TABLE).unwrap();
    let index = request["GlobalSecondaryIndexes"][0]["IndexName"]
        .as_str()
        .unwrap();
    for name in [CUSTOMERS_TABLE, EVENTS_TABLE, index] {
        assert!(diagram.contains(&format!("[(\"{name}<br>")), "{name}");
    }
}
