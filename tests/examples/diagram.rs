//! Draws `docs/images/architecture.svg` from `template.yaml`: `cargo run -p tests --example diagram`.

use local::template::{DEFAULT_PATH, Template};
use tests::diagram;

fn main() {
    let template = Template::read(DEFAULT_PATH.as_ref()).expect("the template");
    let path = tests::root().join(diagram::PATH);
    std::fs::write(&path, diagram::architecture(&template)).expect("the picture can be written");
    println!("{}", path.display());
}
