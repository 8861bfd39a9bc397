//! The architecture as a picture, drawn from the template.

use std::fmt::Write;

use local::template::{Function, Route, Template};
use serde_json::Value;

/// Where the picture is kept.
pub const PATH: &str = "docs/images/architecture.svg";

const WIDTH: usize = 980;
const TOP: usize = 96;
const ROW: usize = 46;
/// Left edges of the columns: routes, functions, table.
const COLUMNS: [usize; 3] = [24, 330, 770];
const FUNCTION_WIDTH: usize = 180;
const TABLE_WIDTH: usize = 186;

/// The picture as SVG.
pub fn architecture(template: &Template) -> String {
    let functions = ordered(template);
    let rows = functions.len();
    let height = TOP + rows * ROW + 150;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="system-ui, sans-serif" font-size="13" fill="#1f2933">
<title>The customer registry: routes, functions and table, as template.yaml has them</title>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#52606d"/></marker></defs>
<rect width="{WIDTH}" height="{height}" fill="#fff"/>
"##
    );
    heading(
        &mut svg,
        COLUMNS[0],
        "API Gateway HTTP API",
        "JWT authorizer, throttling, access log",
    );
    heading(
        &mut svg,
        COLUMNS[1],
        "Lambda functions",
        "one binary, one role, one log each",
    );
    heading(&mut svg, COLUMNS[2], "DynamoDB", "one table, one index");
    for (row, function) in functions.iter().enumerate() {
        let y = TOP + row * ROW;
        draw(&mut svg, template, function, y);
    }
    table(&mut svg, template, TOP, rows * ROW - 12);
    foundation(&mut svg, template, TOP + rows * ROW + 24);
    svg.push_str("</svg>\n");
    svg
}

/// The functions in the order of their paths, those that the contract names first.
fn ordered(template: &Template) -> Vec<&Function> {
    let mut functions: Vec<_> = template.functions.iter().collect();
    functions.sort_by_key(|function| {
        let path = function.routes.iter().find_map(|route| match route {
            Route::Of { path, .. } if !path.contains('+') => Some(path.clone()),
            _ => None,
        });
        (path.is_none(), path, function.binary.clone())
    });
    functions
}

fn heading(svg: &mut String, x: usize, title: &str, detail: &str) {
    text(svg, x, 44, r#"font-size="17" font-weight="600""#, title);
    text(svg, x, 66, r##"fill="#52606d""##, detail);
}

fn draw(svg: &mut String, template: &Template, function: &Function, y: usize) {
    let middle = y + 17;
    text(
        svg,
        COLUMNS[0],
        middle + 5,
        r#"font-family="ui-monospace, monospace""#,
        &routes(function),
    );
    arrow(svg, COLUMNS[1] - 34, COLUMNS[1] - 4, middle);
    boxed(svg, (COLUMNS[1], y), (FUNCTION_WIDTH, 34), "#e3f8e5");
    text(
        svg,
        COLUMNS[1] + 12,
        middle + 5,
        r#"font-weight="600""#,
        &function.binary,
    );
    let actions = actions(template, &function.logical_id);
    if !actions.is_empty() {
        let start = COLUMNS[1] + FUNCTION_WIDTH;
        arrow(svg, start + 4, COLUMNS[2] - 4, middle);
        text(
            svg,
            start + 14,
            middle - 5,
            r##"font-size="11" fill="#52606d""##,
            &actions.join(", "),
        );
    }
}

/// Such as `PUT PATCH /customers/{id}`.
fn routes(function: &Function) -> String {
    let mut methods = Vec::new();
    let mut paths = Vec::new();
    for route in &function.routes {
        match route {
            Route::Default => paths.push("everything else".to_owned()),
            Route::Of { path, .. } if path.contains('+') => {}
            Route::Of { method, path } => {
                methods.push(method.clone());
                if !paths.contains(path) {
                    paths.push(path.clone());
                }
            }
        }
    }
    methods.extend(paths);
    methods.join(" ")
}

/// The DynamoDB actions that a function may take, but for the read that opens its connection.
fn actions(template: &Template, logical_id: &str) -> Vec<String> {
    let statements =
        template.document["Resources"][logical_id]["Properties"]["Policies"][0]["Statement"].as_array();
    let mut actions = Vec::new();
    for statement in statements.into_iter().flatten() {
        let keys = &statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
        let only_warm_up = keys
            .as_array()
            .is_some_and(|keys| keys.iter().all(|key| key == "warm-up"));
        let named = statement["Action"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        for action in named.filter(|_| !only_warm_up) {
            actions.push(action.trim_start_matches("dynamodb:").to_owned());
        }
    }
    actions
}

fn table(svg: &mut String, template: &Template, y: usize, height: usize) {
    boxed(svg, (COLUMNS[2], y), (TABLE_WIDTH, height), "#e6f0ff");
    let (name, request) = template.table().expect("the template has its table");
    let index = request["GlobalSecondaryIndexes"][0]["IndexName"]
        .as_str()
        .unwrap_or_default();
    let ttl = template.ttl_attribute().unwrap_or_default();
    let x = COLUMNS[2] + 14;
    text(svg, x, y + 28, r#"font-weight="600""#, &name);
    for (line, item) in ["customer#…", "username#…", "idempotency#…"].iter().enumerate() {
        text(
            svg,
            x,
            y + 54 + line * 20,
            r#"font-family="ui-monospace, monospace" font-size="12""#,
            item,
        );
    }
    for (line, property) in [
        format!("index {index}, newest first"),
        format!("time to live {ttl}"),
        "stream of all changes".to_owned(),
        "point-in-time recovery".to_owned(),
        "deletion protection".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        text(
            svg,
            x,
            y + 136 + line * 20,
            r##"font-size="12" fill="#52606d""##,
            property,
        );
    }
}

/// What all of it stands on; dashed where a parameter asks for it.
fn foundation(svg: &mut String, template: &Template, y: usize) {
    let resources = template.document["Resources"].as_object().into_iter().flatten();
    let kinds: Vec<_> = resources
        .filter_map(|(_, resource)| resource["Type"].as_str())
        .collect();
    let count = |kind: &str| kinds.iter().filter(|found| **found == kind).count();
    let parts = [
        (
            "Cognito user pool",
            "where no issuer is given".to_owned(),
            count("AWS::Cognito::UserPool"),
        ),
        (
            "KMS key",
            "table, logs, alarms".to_owned(),
            count("AWS::KMS::Key"),
        ),
        (
            "CloudWatch",
            format!(
                "{} alarms, dashboard, {} logs",
                count("AWS::CloudWatch::Alarm"),
                count("AWS::Logs::LogGroup")
            ),
            count("AWS::CloudWatch::Dashboard"),
        ),
        (
            "SNS topic",
            "who is told of an alarm".to_owned(),
            count("AWS::SNS::Topic"),
        ),
        (
            "AWS Backup",
            "daily, if asked for".to_owned(),
            count("AWS::Backup::BackupPlan"),
        ),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(.., there)| *there > 0).collect();
    let width = (WIDTH - 2 * COLUMNS[0] - 12 * (parts.len() - 1)) / parts.len();
    text(
        svg,
        COLUMNS[0],
        y,
        r##"fill="#52606d""##,
        "Around it, by parameter; staging and prod have all but the optional ones:",
    );
    for (place, (title, detail, _)) in parts.iter().enumerate() {
        let x = COLUMNS[0] + place * (width + 12);
        boxed(svg, (x, y + 14), (width, 58), "#f5f7fa");
        text(svg, x + 12, y + 38, r#"font-weight="600""#, title);
        text(svg, x + 12, y + 58, r##"font-size="11" fill="#52606d""##, detail);
    }
}

fn boxed(svg: &mut String, (x, y): (usize, usize), (width, height): (usize, usize), fill: &str) {
    let stroke = "#9fb3c8";
    line(
        svg,
        &format!(
            r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="{fill}" stroke="{stroke}"/>"#
        ),
    );
}

fn arrow(svg: &mut String, from: usize, to: usize, y: usize) {
    line(
        svg,
        &format!(r##"<path d="M{from} {y}H{to}" stroke="#52606d" fill="none" marker-end="url(#arrow)"/>"##),
    );
}

fn text(svg: &mut String, x: usize, y: usize, style: &str, text: &str) {
    line(svg, &format!(r#"<text x="{x}" y="{y}" {style}>{text}</text>"#));
}

fn line(svg: &mut String, element: &str) {
    writeln!(svg, "{element}").expect("a string takes all text");
}
