//! `get-customer` against the baselines, and against what it is meant to reach.

use anyhow::Result;

use crate::cold::{Cold, Subject};
use crate::operation::{FLOOR, GET, USUAL};
use crate::report::Report;
use crate::table::{Table, figure};
use crate::warm::Warm;

/// One figure of three binaries.
struct Row {
    name: &'static str,
    get: f64,
    usual: f64,
    floor: Option<f64>,
    goal: &'static str,
}

/// Writes the ratios: those of the cold figures, and that of the warm ones where they were measured as well.
pub(crate) fn report(cold: &Cold, warm: Option<&Warm>, report: &mut Report) -> Result<()> {
    let mut rows = cold_rows(cold)?;
    if let Some(warm) = warm {
        rows.push(Row {
            name: "CPU of a warm call, ms",
            get: warm.of(GET.name)?.cpu.median(),
            usual: warm.of(USUAL.name)?.cpu.median(),
            floor: None,
            goal: "0.55 × usual",
        });
    }
    let mut table = Table::new([
        "",
        "get-customer",
        "usual",
        "floor",
        "of usual",
        "of floor",
        "at most",
    ]);
    for row in rows {
        table.row([
            row.name.to_owned(),
            figure(row.get),
            figure(row.usual),
            row.floor.map_or_else(String::new, figure),
            format!("{:.3}", row.get / row.usual),
            row.floor
                .map_or_else(String::new, |floor| format!("{:.2}", row.get / floor)),
            row.goal.to_owned(),
        ]);
    }
    let text = format!(
        "{}\nMedians of one run in which the binaries took turns, so that what else the machine did fell on all of \
         them. `floor` answers `{{}}`; `usual` gets a customer with every library's defaults.\n",
        table.markdown()
    );
    report.set("ratios", &text);
    Ok(())
}

fn cold_rows(cold: &Cold) -> Result<Vec<Row>> {
    let (get, usual, floor) = (
        cold.of(GET.binary)?,
        cold.of(USUAL.binary)?,
        cold.of(FLOOR.binary)?,
    );
    let row = |name, goal, figure: fn(&Subject) -> f64| Row {
        name,
        get: figure(get),
        usual: figure(usual),
        floor: Some(figure(floor)),
        goal,
    };
    Ok(vec![
        row(
            "CPU of init and first call, ms",
            "0.1 × usual, 2.5 × floor",
            |subject| subject.cpu.median(),
        ),
        row("first call, ms", "0.02 × usual", |subject| {
            subject.first_wall.median()
        }),
        row("init, ms", "", |subject| subject.init_wall.median()),
        row("binary, MB", "0.45 × usual, 5.5 MB", |subject| subject.size),
        row("zipped, MB", "", |subject| subject.zipped),
        row("peak memory, MB", "0.8 × usual", |subject| {
            subject.memory.median()
        }),
    ])
}
