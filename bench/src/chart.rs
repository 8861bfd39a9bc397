//! Charts as SVG, on a white background, so that they are readable on light and dark pages.

use std::path::Path;

use anyhow::Result;
use indicatif::HumanCount;
use plotters::prelude::*;

use crate::report::figure;

const COLOURS: [RGBColor; 3] = [RGBColor(0, 95, 170), RGBColor(220, 120, 0), RGBColor(0, 130, 90)];
const GREY: RGBColor = RGBColor(200, 200, 200);
const FONT: (&str, u32) = ("sans-serif", 16);
const TITLE: (&str, u32) = ("sans-serif", 21);
const WIDTH: u32 = 760;

/// A bar's name, the lengths of its parts, and the figure at its end. The figure is not always their sum: medians do
/// not add up.
pub(crate) type Bar = (&'static str, Vec<f64>, f64);

/// Draws horizontal bars. `parts` names the parts of a bar.
pub(crate) fn bars(path: &Path, [title, x]: [&str; 2], parts: &[&str], mut bars: Vec<Bar>) -> Result<()> {
    // The chart numbers its rows from the bottom.
    bars.reverse();
    let lengths = bars.iter().map(|(_, parts, _)| parts.iter().sum());
    let longest = lengths.fold(0.0, f64::max);
    let area = SVGBackend::new(path, (WIDTH, bars.len() as u32 * 28 + 110)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .caption(title, TITLE)
        .x_label_area_size(44)
        .y_label_area_size(130)
        .build_cartesian_2d(0.0..longest * 1.1, (0..bars.len() - 1).into_segmented())?;
    let name = |row: &SegmentValue<usize>| match row {
        SegmentValue::CenterOf(row) => bars[*row].0.to_owned(),
        _ => String::new(),
    };
    let mut mesh = chart.configure_mesh();
    mesh.disable_y_mesh()
        .light_line_style(TRANSPARENT)
        .label_style(FONT);
    mesh.x_desc(x)
        .y_labels(bars.len())
        .y_label_formatter(&name)
        .draw()?;
    for (part, (name, colour)) in parts.iter().zip(COLOURS).enumerate() {
        let blocks = bars.iter().enumerate().map(|(row, (_, parts, _))| {
            let from = (parts[..part].iter().sum(), SegmentValue::Exact(row));
            let to = (parts[..=part].iter().sum(), SegmentValue::Exact(row + 1));
            let mut block = Rectangle::new([from, to], colour.filled());
            block.set_margin(4, 4, 0, 0);
            block
        });
        let series = chart.draw_series(blocks)?;
        series.label(*name).legend(move |place| key(place, colour));
    }
    chart.draw_series(bars.iter().enumerate().map(|(row, (_, parts, whole))| {
        let end = (parts.iter().sum(), SegmentValue::CenterOf(row));
        EmptyElement::at(end) + Text::new(figure(*whole), (6, -7), FONT)
    }))?;
    if parts.len() > 1 {
        let mut legend = chart.configure_series_labels();
        legend.background_style(WHITE).border_style(GREY).label_font(FONT);
        legend.position(SeriesLabelPosition::UpperRight).draw()?;
    }
    Ok(area.present()?)
}

/// A line's name and its values.
pub(crate) type Line = (&'static str, Vec<f64>);

/// Draws lines over a logarithmic axis of sizes.
pub(crate) fn lines(path: &Path, [title, x, y]: [&str; 3], sizes: &[usize], lines: &[Line]) -> Result<()> {
    let heights = lines.iter().flat_map(|(_, heights)| heights);
    let highest = heights.copied().fold(0.0, f64::max);
    let places: Vec<_> = sizes.iter().map(|size| *size as f64).collect();
    let width = (places[0]..places[places.len() - 1]).log_scale();
    let area = SVGBackend::new(path, (WIDTH, 380)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .margin_right(40)
        .caption(title, TITLE)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(width.with_key_points(places.clone()), 0.0..highest * 1.25)?;
    let size = |size: &f64| HumanCount(*size as u64).to_string();
    let height = |height: &f64| figure(*height);
    let mut mesh = chart.configure_mesh();
    mesh.light_line_style(TRANSPARENT)
        .label_style(FONT)
        .x_desc(x)
        .y_desc(y);
    mesh.x_label_formatter(&size).y_label_formatter(&height).draw()?;
    for ((name, heights), colour) in lines.iter().zip(COLOURS) {
        let points = places.iter().copied().zip(heights.iter().copied());
        let line = LineSeries::new(points, colour.stroke_width(2)).point_size(3);
        let series = chart.draw_series(line)?;
        series.label(*name).legend(move |place| key(place, colour));
    }
    let mut legend = chart.configure_series_labels();
    legend.background_style(WHITE).border_style(GREY).label_font(FONT);
    legend.position(SeriesLabelPosition::LowerRight).draw()?;
    Ok(area.present()?)
}

/// The coloured box of a legend entry.
fn key((x, y): (i32, i32), colour: RGBColor) -> Rectangle<(i32, i32)> {
    Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour.filled())
}
